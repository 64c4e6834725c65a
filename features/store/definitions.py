"""Entities and feature views; names and types come from the tables in `features.schemas.lake`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import get_args, get_origin

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.types import Array, FeastType, Float64, Int64, String
from feast.value_type import ValueType

from features.schemas.column import Column, columns
from features.schemas.feature_sets import FEATURE_SETS, FeatureSet
from features.schemas.lake import CategoryLists, ItemLists, ProductFeatures, UserFeatures
from features.schemas.row import Row
from features.store.live_views import LIVE_VIEWS, PRODUCT_ID, SHOPPER_KEY, LiveView
from features.store.on_demand_views import on_demand_views

USER = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
PRODUCT = Entity(name="product", join_keys=["product_id"], value_type=ValueType.INT64)
CATEGORY = Entity(name="category", join_keys=["category_id"], value_type=ValueType.INT64)
SHOPPER = Entity(name="shopper", join_keys=[SHOPPER_KEY], value_type=ValueType.STRING)
LIVE_ENTITIES = {SHOPPER_KEY: SHOPPER, PRODUCT_ID: PRODUCT}

VIEWS: dict[type[Row], Entity] = {
    UserFeatures: USER,
    ProductFeatures: PRODUCT,
    ItemLists: PRODUCT,
    CategoryLists: CATEGORY,
}
"""The batch views: each table's rows of one entity, usable from `available_at` on."""

USER_RECENT = "user_recent"
USER_BOUGHT = "user_bought"
PUSHED = {USER_RECENT: "recent_item_ids", USER_BOUGHT: "bought_item_ids"}
"""Views of one list per user, newest first, and its column: of the batch, then kept fresh by events."""
PUSHED_TTL = timedelta(days=90)
LIVE_TTL = timedelta(days=1)

TIMES = ("available_at", "date")


@dataclass(frozen=True)
class Definitions:
    """All that is applied to the store."""

    entities: list[Entity]
    views: list[FeatureView]
    on_demand: list[OnDemandFeatureView]
    sources: list[PushSource]
    services: list[FeatureService]


def definitions(lake: Path) -> Definitions:
    """Return what the store is to have.

    Parameters
    ----------
    lake
        The lake's folder; the offline store reads the published partitions of its derived tables.
    """
    views = [_view(row, entity, lake) for row, entity in VIEWS.items()]
    sources = {view: _push_source(view, lake) for view in PUSHED}
    pushed = [_pushed_view(view, source) for view, source in sources.items()]
    live = [_live_view(name, view, lake) for name, view in LIVE_VIEWS.items()]
    all_sources = [*sources.values(), *(view.stream_source for view in live)]
    by_name = {view.name: view for view in views}
    on_demand = on_demand_views(by_name)
    made = {view.name: view for view in on_demand}
    return Definitions(
        entities=[USER, PRODUCT, CATEGORY, SHOPPER],
        views=[*views, *pushed, *live],
        on_demand=on_demand,
        sources=all_sources,
        services=[_service(each, by_name, made) for each in FEATURE_SETS],
    )


def push_name(view: str) -> str:
    """Return the name under which events are pushed into a view of `PUSHED` or `LIVE_VIEWS`."""
    return f"{view}_push"


def _service(
    features: FeatureSet,
    views: Mapping[str, FeatureView],
    on_demand: Mapping[str, OnDemandFeatureView],
) -> FeatureService:
    taken: list[FeatureView | OnDemandFeatureView] = [
        views[row.table][list(names)] for row, names in features.columns.items()
    ]
    if features.on_demand is not None:
        taken.append(on_demand[features.on_demand.view][list(features.on_demand.ratios)])
    return FeatureService(name=features.service, features=taken, tags=features.views)


def _view(row: type[Row], entity: Entity, lake: Path) -> FeatureView:
    return FeatureView(
        name=row.table,
        entities=[entity],
        ttl=timedelta(days=3),
        schema=[_field(column) for column in columns(row) if column.name not in TIMES],
        source=_offline(row, lake),
    )


def _push_source(view: str, lake: Path) -> PushSource:
    batch = _offline(UserFeatures, lake, name=f"{view}_batch")
    return PushSource(name=push_name(view), batch_source=batch)


def _pushed_view(view: str, source: PushSource) -> FeatureView:
    return FeatureView(
        name=view,
        entities=[USER],
        ttl=PUSHED_TTL,
        schema=[
            Field(name="user_id", dtype=Int64),
            Field(name=PUSHED[view], dtype=Array(Int64)),
        ],
        source=source,
    )


def _live_view(name: str, view: LiveView, lake: Path) -> FeatureView:
    # Feast wants an offline table behind what is pushed; nobody writes one.
    table = FileSource(
        name=f"{name}_batch", path=f"{lake}/derived/{name}", timestamp_field="available_at"
    )
    entity = LIVE_ENTITIES[view.entity]
    key = Field(name=view.entity, dtype=String if entity is SHOPPER else Int64)
    fields = [Field(name=each, dtype=_feast_type(kind)) for each, kind in view.columns.items()]
    return FeatureView(
        name=name,
        entities=[entity],
        ttl=LIVE_TTL,
        schema=[key, *fields],
        source=PushSource(name=push_name(name), batch_source=table),
    )


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
    return {int: Int64, float: Float64, str: String}[python_type]  # type: ignore[index]
