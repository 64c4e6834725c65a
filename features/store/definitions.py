"""Entities and feature views; names and types come from the tables in `features.schemas.lake`."""

from datetime import timedelta
from pathlib import Path
from typing import get_args, get_origin

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from feast.types import Array, FeastType, Float64, Int64
from feast.value_type import ValueType

from features.schemas.column import Column, columns
from features.schemas.lake import CategoryLists, ItemLists, ProductFeatures, UserFeatures
from features.schemas.row import Row

USER = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
PRODUCT = Entity(name="product", join_keys=["product_id"], value_type=ValueType.INT64)
CATEGORY = Entity(name="category", join_keys=["category_id"], value_type=ValueType.INT64)

VIEWS: dict[type[Row], Entity] = {
    UserFeatures: USER,
    ProductFeatures: PRODUCT,
    ItemLists: PRODUCT,
    CategoryLists: CATEGORY,
}
"""The batch views: each table's rows of one entity, usable from `available_at` on."""

USER_RECENT = "user_recent"
USER_RECENT_PUSH = "user_recent_push"
RANKING_FEATURES = "ranking"

TIMES = ("available_at", "date")


def definitions(
    lake: Path,
) -> tuple[list[Entity], list[FeatureView], PushSource, FeatureService]:
    """Return all that is applied to the store.

    Parameters
    ----------
    lake
        The lake's folder; the offline store reads the published partitions of its derived tables.
    """
    views = [_view(row, entity, lake) for row, entity in VIEWS.items()]
    pushed, source = _user_recent(lake)
    ranking = FeatureService(name=RANKING_FEATURES, features=views[:2])
    return [USER, PRODUCT, CATEGORY], [*views, pushed], source, ranking


def _view(row: type[Row], entity: Entity, lake: Path) -> FeatureView:
    return FeatureView(
        name=row.table,
        entities=[entity],
        ttl=timedelta(days=3),
        schema=[_field(column) for column in columns(row) if column.name not in TIMES],
        source=_offline(row, lake),
    )


def _user_recent(lake: Path) -> tuple[FeatureView, PushSource]:
    """Return the view of what a user looked at last: of the batch, then pushed event by event."""
    batch = _offline(UserFeatures, lake, name=f"{USER_RECENT}_batch")
    source = PushSource(name=USER_RECENT_PUSH, batch_source=batch)
    view = FeatureView(
        name=USER_RECENT,
        entities=[USER],
        ttl=timedelta(days=90),
        schema=[
            Field(name="user_id", dtype=Int64),
            Field(name="recent_item_ids", dtype=Array(Int64)),
        ],
        source=source,
    )
    return view, source


def _offline(row: type[Row], lake: Path, name: str | None = None) -> FileSource:
    return FileSource(
        name=name or row.table,
        path=f"{lake}/derived/{row.table}",
        timestamp_field="available_at",
    )


def _field(column: Column) -> Field:
    return Field(name=column.name, dtype=_feast_type(column.type), description=column.description)


def _feast_type(python_type: object) -> FeastType:
    if get_origin(python_type) is list:
        return Array(_feast_type(get_args(python_type)[0]))
    return {int: Int64, float: Float64}[python_type]  # type: ignore[index]
