"""What the category endpoints take and return."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from features.schemas.row import Id
from transactional.fields import RequestBody

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[^\x00>]*$"),
    Field(min_length=1, max_length=80, description="without '>', which joins the names of a path"),
]


class NewCategory(RequestBody):
    """A category to make."""

    name: Name
    parent_id: Annotated[Id | None, Field(description="null: outermost")] = None


class CategoryChange(RequestBody):
    """Another name, another parent (null: outermost), or both; what is left out stays."""

    name: Name | None = None
    parent_id: Id | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and "parent_id" not in self.model_fields_set:
            raise ValueError("give a name, a parent_id or both")
        return self


class CategoryView(BaseModel):
    """A category; ancestors from the outermost to the parent."""

    category_id: int
    path: Annotated[str | None, Field(description="names from the outermost, joined by ' > '")]
    parent_id: int | None
    ancestor_ids: list[int]


class CategoryPage(BaseModel):
    """Categories; `next_cursor` is null on the last page."""

    categories: list[CategoryView]
    next_cursor: str | None
