"""Types of request fields that several endpoints share."""

from typing import Annotated, Protocol, TypeVar

from fastapi import Header, Path, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from features.schemas.row import Id

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""PostgreSQL's text holds no NUL."""

Region = Annotated[Text, Field(min_length=1, max_length=80, description="country or state")]
ProductId = Annotated[Id, Path(description="of a product of the catalogue")]
Quantity = Annotated[int, Field(ge=1, le=100, description="units; at most 100 of one product")]


def _at_most_100(product_ids: str) -> str:
    if product_ids.count(",") >= 100:
        raise ValueError("ask for at most 100 products")
    return product_ids


ProductIds = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14})*$", max_length=1600, examples=["1,2,3"]),
    AfterValidator(_at_most_100),
]


def ids_of(product_ids: str) -> list[int]:
    """Return the ids that `ProductIds` names."""
    return [int(each) for each in product_ids.split(",")]


IfMatch = Annotated[
    str | None, Header(pattern=r'^"\d{1,18}"$', description='the version that was read: "7"')
]

IfProductMatches = Annotated[
    str | None,
    Header(
        pattern=r'^"\d{1,18}(-[0-9a-f]{18})?"$',
        description='the ETag that was read, `"7-…"`, or the version alone, `"7"`: units may change',
    ),
]


def version_of(if_match: str | None) -> int | None:
    """Return the version that a request insists on; None for any."""
    return int(if_match.strip('"').partition("-")[0]) if if_match else None


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int


View = TypeVar("View", bound=BaseModel)


def with_version(kind: type[View], row: Versioned, response: Response) -> View:
    """Return a row as the view that is sent, its version as the answer's ETag."""
    response.headers["ETag"] = f'"{row.version}"'
    return kind.model_validate(row, from_attributes=True)


class RequestBody(BaseModel):
    """A body: a field that is not known is an error, not ignored, and 0 is neither false nor a day."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PostalAddress(RequestBody):
    """Where a parcel goes. `region` and `country` choose shipping, tax and the nearest warehouse."""

    recipient: Annotated[Text, Field(min_length=1, max_length=120)]
    street: Annotated[Text, Field(min_length=1, max_length=200, description="and number")]
    extra: Annotated[Text, Field(max_length=200, description="flat, floor, company")] | None = None
    postal_code: Annotated[Text, Field(min_length=1, max_length=20)]
    city: Annotated[Text, Field(min_length=1, max_length=120)]
    region: Region | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
    phone: Annotated[Text, Field(max_length=40)] | None = None
