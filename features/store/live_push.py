"""Live states pushed into the feature store."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from features.live.states import STATES, Family, State
from features.store.definitions import push_name
from features.store.live_views import LIVE_VIEWS, SHOPPER_KEY, LiveView
from features.store.opening import FeatureStore, PushMode, Registry, open_store


@dataclass
class LivePush:
    """The feature store as it takes live states.

    A shopper's row goes online when their state does. What is known of a product lies beside its
    batch's features, and stays.
    """

    registry: Registry
    redis_url: str
    stores: dict[int | None, FeatureStore] = field(default_factory=dict)

    def __call__(self, family: Family, states: Mapping[str, State], now: dt.datetime) -> None:
        """Replace the rows of the states' names, as of now."""
        for name, view in LIVE_VIEWS.items():
            if view.family == family:
                for seconds, some in _by_time(view, states).items():
                    frame = rows(view, some, now)
                    self._store(seconds).push(push_name(name), frame, to=PushMode.ONLINE)

    def _store(self, seconds: int | None) -> FeatureStore:
        if seconds not in self.stores:
            self.stores[seconds] = open_store(
                self.registry, self.redis_url, overwrite=True, entity_seconds=seconds
            )
        return self.stores[seconds]


def rows(view: LiveView, states: Mapping[str, State], now: dt.datetime) -> pd.DataFrame:
    """Return a view's rows of states, as of now."""
    told = [view.values(state, now.timestamp()) for state in states.values()]
    keys = [name if view.entity == SHOPPER_KEY else int(name) for name in states]
    columns: dict[str, Any] = {name: [each[name] for each in told] for name in view.columns}
    times = pd.to_datetime([now] * len(keys), utc=True)
    return pd.DataFrame({view.entity: keys, **columns, "available_at": times})


def _by_time(view: LiveView, states: Mapping[str, State]) -> dict[int | None, dict[str, State]]:
    """Return states by how long they are kept online, None for those that stay."""
    if view.entity != SHOPPER_KEY:
        return {None: dict(states)}
    found: dict[int | None, dict[str, State]] = {}
    for name, state in states.items():
        found.setdefault(STATES[view.family].kept_seconds(name), {})[name] = state
    return found
