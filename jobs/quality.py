"""What the watch on quality finds: one figure of one thing beside its bound."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

Alert = Literal[
    "skew", "stale_feature", "drift", "missing_day", "quarantine", "unit_mismatch", "leak",
    "index_age", "model_age",
]  # fmt: skip
Model = Literal["recommender", "search", "demand", "data"]


@dataclass(frozen=True)
class Finding:
    """A figure; above its bound it is breached.

    Parameters
    ----------
    subject
        What it is of: a table, a column, an artefact.
    model
        Whose page tells it.
    """

    alert: Alert
    subject: str
    model: Model
    value: float
    bound: float
    sentence: str

    @property
    def is_breached(self) -> bool:
        """Tell whether somebody should look."""
        return self.value > self.bound


@dataclass(frozen=True)
class Bounds:
    """Where alerts begin. A shop sets its own by `QUALITY_BOUNDS`, a JSON object of these names.

    Parameters
    ----------
    skew_ratio
        Of values served that are not those of the lake.
    stale_hours
        Of the age of what the ranking read.
    drift_psi
        Of the population stability index, where chance does not explain it.
    missing_days
        Of a week.
    quarantine_ratio
        Of a log's rows of the day.
    unit_ratio
        Of prices that are ten, a hundred or a thousand times what they were, or a part of it.
    leak_ratio
        Of rows of after the moment they are for.
    index_age_days, model_age_days, forecast_age_days
        Before the day.
    """

    skew_ratio: float = 0.01
    stale_hours: float = 54.0
    drift_psi: float = 0.25
    missing_days: float = 0.0
    quarantine_ratio: float = 0.05
    unit_ratio: float = 0.01
    leak_ratio: float = 0.0
    index_age_days: float = 2.0
    model_age_days: float = 30.0
    forecast_age_days: float = 2.0

    @classmethod
    def of(cls, given: Mapping[str, float]) -> Self:
        """Return the bounds with some of them given.

        Raises
        ------
        ValueError
            If there is no such bound.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(f"QUALITY_BOUNDS: no bound {unknown[0]}; there are {sorted(known)}")
        changed: Any = dict(given)
        return replace(cls(), **changed)
