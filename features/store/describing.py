"""What views of features there are: as this code defines them, and as they were applied to a store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feast import FeatureService
from feast.base_feature_view import BaseFeatureView
from feast.on_demand_feature_view import OnDemandFeatureView

from features.store.definitions import VIEWS, definitions
from features.store.opening import FeatureStore


@dataclass(frozen=True)
class Feature:
    """One column of a view; its type by Feast's name."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class View:
    """A view of features.

    Parameters
    ----------
    keys
        Names of the columns that say whose features they are.
    table
        Where its rows lie offline.
    pushed_by
        Name of the source that events are pushed into, "" for a view that batches alone write.
    ttl_seconds
        How long a value counts; 0 of what is made when it is asked for.
    made_of
        The views and request data that an on-demand view is made of.
    services
        The feature services that have it, and which of its features: what models learn from.
    """

    name: str
    keys: tuple[str, ...]
    features: tuple[Feature, ...]
    table: str
    pushed_by: str
    ttl_seconds: float
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made_of: tuple[str, ...] = ()


def defined(lake: Path) -> list[View]:
    """Return the views of this code, by name."""
    made = definitions(lake)
    return _views([*made.views, *made.on_demand], made.services)


def applied(store: FeatureStore) -> list[View]:
    """Return the views that a store's registry has, by name; none before anything was applied."""
    views = [*store.list_feature_views(), *store.list_on_demand_feature_views()]
    return _views(views, store.list_feature_services())


def differences(wanted: Sequence[View], there: Sequence[View]) -> list[str]:
    """Return a sentence for each difference between what is wanted and what is there.

    Services that are no longer wanted are no difference: versions of models were trained on them.
    """
    wanted_by, there_by = ({each.name: each for each in views} for views in (wanted, there))
    found = [f"{name}: not applied yet" for name in sorted(wanted_by.keys() - there_by.keys())]
    found += [f"{name}: no longer defined" for name in sorted(there_by.keys() - wanted_by.keys())]
    for name in sorted(wanted_by.keys() & there_by.keys()):
        found += [f"{name}: {each}" for each in _between(wanted_by[name], there_by[name])]
    return found


def _between(wanted: View, there: View) -> Iterable[str]:
    types = [{each.name: each.type for each in view.features} for view in (wanted, there)]
    yield from _columns(*types)
    for what in ("keys", "table", "pushed_by", "ttl_seconds", "made_of"):
        now, before = getattr(wanted, what), getattr(there, what)
        if now != before:
            yield f"{what} {_told(before)} becomes {_told(now)}"
    for name in sorted(wanted.services.keys() - there.services.keys()):
        yield f"service {name} comes"


def _columns(wanted: Mapping[str, str], there: Mapping[str, str]) -> Iterable[str]:
    for name in sorted(wanted.keys() | there.keys()):
        now, before = wanted.get(name), there.get(name)
        if before is None:
            yield f"feature {name} ({now}) comes"
        elif now is None:
            yield f"feature {name} ({before}) goes"
        elif now != before:
            yield f"feature {name} is {before} and becomes {now}"


def _told(value: object) -> str:
    return (", ".join(value) if isinstance(value, tuple) else str(value)) or "nothing"


def _views(views: Iterable[BaseFeatureView], services: Iterable[FeatureService]) -> list[View]:
    taken: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for service in sorted(services, key=lambda each: str(each.name)):
        for projection in service.feature_view_projections:
            names = tuple(each.name for each in projection.features)
            taken[projection.name][service.name] = names
    found = [_view(each, taken[each.name]) for each in views]
    return sorted(found, key=lambda each: each.name)


def _view(view: Any, services: Mapping[str, tuple[str, ...]]) -> View:  # noqa: ANN401 - untyped
    if isinstance(view, OnDemandFeatureView):
        return _on_demand(view, services)
    return View(
        name=view.name,
        keys=tuple(each.name for each in view.entity_columns),
        features=_features(view),
        table=view.batch_source.path,
        pushed_by=view.stream_source.name if view.stream_source else "",
        ttl_seconds=view.ttl.total_seconds(),
        services=services,
    )


def _on_demand(view: OnDemandFeatureView, services: Mapping[str, tuple[str, ...]]) -> View:
    names = {str(each.name) for each in view.source_feature_view_projections.values()}
    keys = [entity.join_key for row, entity in VIEWS.items() if row.table in names]
    return View(
        name=view.name,
        keys=tuple(keys),
        features=_features(view),
        table="",
        pushed_by="",
        ttl_seconds=0.0,
        services=services,
        made_of=tuple(sorted({*names, *view.source_request_sources})),
    )


def _features(view: Any) -> tuple[Feature, ...]:  # noqa: ANN401 - untyped
    return tuple(Feature(each.name, str(each.dtype), each.description) for each in view.features)
