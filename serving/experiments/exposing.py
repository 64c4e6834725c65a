"""What is told of an answer that experiments had a say in: a row of `exposures` for each of them."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from features.schemas.experiments import EXPOSURES_STREAM
from models.evaluation.experiments.interleaving import FIRST, SECOND, Drafted
from serving.experiments.assignment import Identity
from serving.experiments.book import Trial

MAX_TEAM = 100
"""So many products of a team are told."""


class Records(Protocol):
    """Takes rows of logs beside the requests (`serving.recording`)."""

    def record(self, stream: str, row: Mapping[str, Any]) -> None:
        """Take a row to be appended to a stream."""


@dataclass(frozen=True)
class Answered:
    """An answer as it was given."""

    who: Identity
    surface: str
    slot: str | None
    answer_id: str | None
    model_version: str | None
    latency_ms: float
    drafted: Drafted | None = None


@dataclass(frozen=True)
class Exposing:
    """Records who was shown what; never waits for Redis."""

    recorder: Records
    now: Callable[[], dt.datetime]

    def expose(self, trial: Trial, answered: Answered) -> None:
        """Record an answer for each experiment that had a say in it."""
        for row in exposures(trial, answered, self.now()):
            self.recorder.record(EXPOSURES_STREAM, row)


def exposures(trial: Trial, answered: Answered, now: dt.datetime) -> Iterator[dict[str, Any]]:
    """Yield a row of the log for each experiment of an answer, JSON values without `date`."""
    for each in trial.assigned:
        drafted = answered.drafted if each.arm.beside else None
        yield {
            "event_id": uuid.uuid4().hex,
            "occurred_at": now.isoformat(),
            "recorded_at": now.isoformat(),
            "experiment": each.experiment.name,
            "experiment_version": each.experiment.experiment_version,
            "arm": each.arm.name,
            "propensity": each.propensity,
            "unit_id": each.unit_id,
            **answered.who._asdict(),
            "surface": answered.surface,
            "slot": answered.slot,
            "answer_id": answered.answer_id,
            "model_version": answered.model_version,
            "latency_ms": answered.latency_ms,
            "first_product_ids": team(drafted, FIRST),
            "second_product_ids": team(drafted, SECOND),
        }


def team(drafted: Drafted | None, number: int) -> str | None:
    """Return the products that count for one way of an interleaved list."""
    if drafted is None:
        return None
    return ",".join(map(str, drafted.of_team(number)[:MAX_TEAM]))
