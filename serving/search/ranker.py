"""Which order the second stage of a search has: the one that was learnt, or the formula where none is published."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog

from models.search.features import NAMES
from models.search.formula import FormulaOrder
from models.search.learned import LearnedOrder
from models.search.second_stage import Order
from serving.published import Published

MODEL = "search_ranker"
FORMULA = FormulaOrder()
MISSING = "No search ranker is published: the formula orders searches."


class Rankers(Protocol):
    """Versions of an order, by name."""

    def latest(self) -> str | None:
        """Return the one that shall serve, None if there is none."""

    def load(self, version: str) -> Order:
        """Open a version."""


@dataclass(frozen=True)
class NoRankers:
    """Where nothing is learnt the formula stays."""

    def latest(self) -> str | None:
        """Return None: there is no version."""
        return None

    def load(self, version: str) -> Order:
        """Raise: there is no version to load."""
        raise LookupError(version)


NO_RANKERS = NoRankers()


@dataclass(frozen=True)
class SearchRankers:
    """Versions of the registered model at `tracking_uri`, kept below `folder`.

    MLflow is imported at the first look, in a thread of its own: that takes seconds.
    """

    tracking_uri: str
    folder: Path

    def latest(self) -> str | None:
        """Return the champion's version, None if there is none."""
        from models import registry  # noqa: PLC0415 - see the class

        return registry.champion_version(self.tracking_uri, MODEL)

    def load(self, version: str) -> Order:
        """Fetch a version, open it and ask it once; trees are compiled at the first question."""
        from models import registry  # noqa: PLC0415 - see the class

        folder = registry.download(self.tracking_uri, MODEL, version, self.folder / version)
        order = LearnedOrder.load(folder, f"{MODEL} {version}")
        order.logarithms(np.full((1, len(NAMES)), np.nan, np.float32))
        return order


def published_order(rankers: Rankers, log: structlog.BoundLogger) -> Published[Order]:
    """Return the order, not loaded yet."""
    return Published(
        latest=rankers.latest,
        load=rankers.load,
        missing=MISSING,
        log=log.bind(what="search ranker"),
    )


def current_order(published: Published[Order]) -> Order:
    """Return the order that searches have now."""
    version = published.current
    return version.value if version else FORMULA
