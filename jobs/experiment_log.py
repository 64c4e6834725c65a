"""Which experiments there were, as the log of their changes tells by the end of a day."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from features.schemas.experiments import Experiment
from features.schemas.logs import ExperimentChange
from jobs.partitions import Partitions

SHOWN_DAYS = 14
"""So long after its end an experiment is analysed again: parcels come back late."""


@dataclass(frozen=True)
class KnownExperiment:
    """A version of an experiment as the log has it; `over_at` is None while it runs."""

    experiment: Experiment
    starts_at: dt.datetime
    over_at: dt.datetime | None
    state: str
    reason: str | None

    @property
    def is_running(self) -> bool:
        """Whether it can be stopped."""
        return self.over_at is None


def known_experiments(lake: Partitions, date: dt.date) -> list[KnownExperiment]:
    """Return the versions to analyse at the end of a day: they began by then, and are not long over."""
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.UTC)
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.read(ExperimentChange, None, date).to_pylist():
        changes[row["name"]].append(row)
    since = end - dt.timedelta(days=SHOWN_DAYS)
    return [
        each
        for name in sorted(changes)
        for each in versions_of(changes[name], end)
        if each.starts_at < end and (each.over_at is None or each.over_at >= since)
    ]


def versions_of(changes: list[dict[str, Any]], end: dt.datetime) -> list[KnownExperiment]:
    """Return the versions that ever ran, as of `end`, out of an experiment's changes.

    A version that another one took the place of is over since then.
    """
    in_order = sorted(changes, key=lambda row: (row["occurred_at"], row["experiment_version"]))
    found: dict[int, KnownExperiment] = {}
    for row in in_order:
        number = row["experiment_version"]
        for earlier, each in found.items():
            if earlier < number and each.over_at is None:
                found[earlier] = replace(each, over_at=row["occurred_at"])
        if row["state"] != "draft":
            found[number] = _known(row, end)
    return [found[number] for number in sorted(found)]


def _known(row: dict[str, Any], end: dt.datetime) -> KnownExperiment:
    experiment = Experiment.model_validate_json(row["definition"])
    over_at = row["occurred_at"] if row["state"] == "stopped" else experiment.ends_at
    if over_at is not None and over_at > end:
        over_at = None
    state = "ended" if over_at is not None and row["state"] == "running" else row["state"]
    starts_at = experiment.starts_at or row["occurred_at"]
    return KnownExperiment(experiment, starts_at, over_at, state, row["reason"])
