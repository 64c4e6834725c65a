"""/catalogue/products/{id}/images, for sellers and operators; /catalogue/images/{sha256}, for all."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlalchemy import Row

from transactional.catalogue.editors import EditorDep, LoneEditorDep
from transactional.catalogue.images.content import MEDIA_TYPES
from transactional.catalogue.images.repository import ImageRepository
from transactional.catalogue.images.schemas import Digest, ImageOrder, ProductImagesView
from transactional.catalogue.images.service import Pictures, ProductImages, UnknownImageProblem
from transactional.catalogue.schemas import ImageView
from transactional.deps import SessionDep, SessionMakerDep
from transactional.fields import ProductId, Text

router = APIRouter(prefix="/catalogue", tags=["catalogue"])
MAX_IMAGE_BYTES = 5_000_000
ImageDigest = Annotated[Digest, Path(description="SHA-256 of the image")]
FILE = {"schema": {"type": "string", "format": "binary"}}
IMAGE_FILES = {"content": dict.fromkeys(MEDIA_TYPES.values(), FILE)}
CACHED = {
    "Cache-Control": "public, max-age=86400, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
}


async def pictures(request: Request) -> Pictures:
    """Return what takes pictures in."""
    made: Pictures = request.app.state.pictures
    return made


PicturesDep = Annotated[Pictures, Depends(pictures)]


async def product_images(session: SessionDep, editor: EditorDep) -> ProductImages:
    """Return the pictures of products, in the request's transaction."""
    return ProductImages(session, editor)


ProductImagesDep = Annotated[ProductImages, Depends(product_images)]


@router.post(
    "/products/{product_id}/images",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, **IMAGE_FILES}},
)
async def add_image(
    product_id: ProductId,
    editor: LoneEditorDep,
    pictures: PicturesDep,
    request: Request,
    alt: Annotated[Text, Query(max_length=300, description="what is to be seen, in words")] = "",
) -> ProductImagesView:
    """Add an image, the body: JPEG, PNG or WebP, at most 5 MB and 25 million pixels.

    What it is, is found from its content. It is encoded anew; EXIF, and with it the place where it
    was taken, is not kept.
    """
    return _view(await pictures.take_in(await request.body(), product_id, alt, editor))


@router.put("/products/{product_id}/images")
async def arrange_images(
    product_id: ProductId, body: ImageOrder, images: ProductImagesDep
) -> ProductImagesView:
    """Put a product's images into an order."""
    return _view(await images.arrange(product_id, body.sha256))


@router.delete("/products/{product_id}/images/{sha256}", status_code=204)
async def delete_image(
    product_id: ProductId, sha256: ImageDigest, images: ProductImagesDep
) -> None:
    """Take an image from a product."""
    await images.delete(product_id, sha256)


@router.get(
    "/images/{sha256}",
    response_class=Response,
    responses={200: {"description": "The image", **IMAGE_FILES}, 304: {"description": "Unchanged"}},
)
async def read_image(
    sha256: ImageDigest,
    sessions: SessionMakerDep,
    pictures: PicturesDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return an image; it may be cached for 24 hours, for what an address holds never changes."""
    async with sessions() as session:
        media_type = await ImageRepository(session).media_type(sha256)
    if media_type is None:
        raise UnknownImageProblem
    headers = {**CACHED, "ETag": f'"{sha256}"'}
    if if_none_match is not None and (sha256 in if_none_match or if_none_match.strip() == "*"):
        return Response(status_code=304, headers=headers)
    content = await pictures.store.read(sha256)
    if content is None:
        raise UnknownImageProblem
    return Response(content, media_type=media_type, headers=headers)


def _view(found: Sequence[Row[Any]]) -> ProductImagesView:
    return ProductImagesView(
        images=[ImageView.model_validate(each, from_attributes=True) for each in found]
    )
