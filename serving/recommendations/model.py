"""The champion recommender: fetched from the registry, swapped when another becomes champion."""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from serving.published import Published
from serving.recommendations.service import Recommender, ScoredItems

if TYPE_CHECKING:
    from models.bundle import Bundle

MODEL = "recommender"
N_KEPT_VERSIONS = 3
MISSING = "There is no champion model yet: run the DAG train_recommendations."


@dataclass(frozen=True)
class BundleRecommender:
    """A `Recommender` over a bundle of arrays."""

    version: str
    bundle: "Bundle"

    def for_user(self, user_id: int, exclude: Collection[int], k: int) -> ScoredItems:
        """Return k items for a user, best first; empty for one the model has not seen."""
        return _pairs(self.bundle.for_user(user_id, exclude, k))

    def for_items(self, item_ids: list[int], k: int) -> ScoredItems:
        """Return k items for someone who looked at these, best first."""
        return _pairs(self.bundle.for_items(item_ids, k))

    def similar(self, item_id: int, k: int) -> ScoredItems:
        """Return the k items most like an item, best first."""
        return _pairs(self.bundle.similar(item_id, k))

    def check(self) -> None:
        """Ask every question once, so that a bundle that cannot answer is not swapped in."""
        for user_id in self.bundle.user_ids[:1]:
            self.for_user(int(user_id), (), 1)
        for item_id in self.bundle.item_ids[:1]:
            self.similar(int(item_id), 1)
            self.for_items([int(item_id)], 1)


def published_model(
    latest: Callable[[], str | None],
    load: Callable[[str], Recommender],
    log: structlog.BoundLogger,
) -> Published[Recommender]:
    """Return the champion, not loaded yet.

    Parameters
    ----------
    latest
        Returns the champion's version, None if there is none.
    load
        Loads a version.
    """
    return Published(latest=latest, load=load, missing=MISSING, log=log.bind(what="model"))


@dataclass(frozen=True)
class Registry:
    """The model registry at `tracking_uri`; versions are kept below `folder`.

    MLflow is imported at the first look, in a thread of its own: that takes seconds, and searching
    need not wait for it.
    """

    tracking_uri: str
    folder: Path

    def latest(self) -> str | None:
        """Return the champion's version, None if there is none."""
        from models import registry  # noqa: PLC0415 - see the class

        return registry.champion_version(self.tracking_uri, MODEL)

    def load(self, version: str) -> Recommender:
        """Fetch a version and open it."""
        from models import registry  # noqa: PLC0415 - see the class
        from models.bundle import Bundle  # noqa: PLC0415 - beside it

        folder = registry.download(self.tracking_uri, MODEL, version, self.folder / version)
        recommender = BundleRecommender(version, Bundle.load(folder))
        recommender.check()
        self._drop_old()
        return recommender

    def _drop_old(self) -> None:
        """Keep the newest few; what another process still has mapped stays readable to it."""
        by_age = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in by_age[:-N_KEPT_VERSIONS]:
            shutil.rmtree(path, ignore_errors=True)


def _pairs(found: tuple[Any, Any]) -> ScoredItems:
    item_ids, scores = found
    return [(int(item_id), float(score)) for item_id, score in zip(item_ids, scores, strict=True)]
