"""What the image endpoints take and return."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from transactional.catalogue.schemas import ImageView
from transactional.fields import RequestBody

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ImageOrder(RequestBody):
    """Every image of a product, in the order wanted."""

    sha256: Annotated[list[Digest], Field(max_length=20)]


class ProductImagesView(BaseModel):
    """A product's images in their order; the first is shown in lists."""

    images: list[ImageView]
