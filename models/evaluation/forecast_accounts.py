"""What forecasts that were kept proved to be worth, as sums: those of any cut and any time add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.float64]
Codes = NDArray[np.int64]

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
SUMS = (
    "n_forecasts", "n_units", "sum_error", "sum_absolute_error", "sum_absolute_error_naive",
    *(f"sum_pinball_{round(100 * level)}" for level in LEVELS), "n_within_80", "n_within_90",
)  # fmt: skip

N_RECENT_DAYS, N_BEFORE_DAYS = 7, 28
ROSE_BY_RATIO, ROSE_BY_DEVIATIONS = 1.2, 3.0
MAX_BIAS_RATIO, WORSE_BY_RATIO, MIN_COVERAGE_80 = 0.15, 1.05, 0.75


@dataclass(frozen=True)
class Outcomes:
    """Forecasts of one day and what came: arrays of shape (n_forecasts,), in units.

    `quantiles` are by level, one for each of `LEVELS`; `naive` is the reference's forecast.
    """

    actual: Units
    mean: Units
    quantiles: Mapping[float, Units]
    naive: Units


def sums(outcomes: Outcomes, segment: Codes, n_segments: int) -> dict[str, Units]:
    """Return `SUMS` by name, each of shape (n_segments,).

    Absolute errors are those of the median, which makes them least; the error with its sign is the
    mean's: above 0, too much was foreseen.
    """
    actual, quantiles = outcomes.actual, outcomes.quantiles
    each = {
        "n_forecasts": np.ones_like(actual),
        "n_units": actual,
        "sum_error": outcomes.mean - actual,
        "sum_absolute_error": np.abs(quantiles[0.5] - actual),
        "sum_absolute_error_naive": np.abs(outcomes.naive - actual),
        **{f"sum_pinball_{round(100 * q)}": _pinball(actual, quantiles[q], q) for q in LEVELS},
        "n_within_80": _within(actual, quantiles[0.1], quantiles[0.9]),
        "n_within_90": _within(actual, quantiles[0.05], quantiles[0.95]),
    }
    return {
        name: np.asarray(np.bincount(segment, values, n_segments), np.float64)
        for name, values in each.items()
    }


def measures(total: Mapping[str, float]) -> dict[str, float]:
    """Return what sums come to: `wape`, `wape_naive`, `bias`, mean pinball losses and coverages.

    nan where there is nothing to divide by.
    """
    units, n = total["n_units"], total["n_forecasts"]
    return {
        "wape": _ratio(total["sum_absolute_error"], units),
        "wape_naive": _ratio(total["sum_absolute_error_naive"], units),
        "bias": _ratio(total["sum_error"], units),
        **{
            f"pinball_{round(100 * q)}": _ratio(total[f"sum_pinball_{round(100 * q)}"], n)
            for q in LEVELS
        },
        "coverage_80": _ratio(total["n_within_80"], n),
        "coverage_90": _ratio(total["n_within_90"], n),
    }


def added(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the sums of all rows together."""
    return {name: float(sum(row[name] for row in rows)) for name in SUMS}


def alarms(days: Sequence[Mapping[str, float]]) -> dict[str, str]:
    """Return what is wrong with the forecasts of late, by name, each with a sentence of figures.

    Parameters
    ----------
    days
        `SUMS` of each day, the newest last. The last 7 are held against the 28 before them;
        without those nothing can have risen, and without 7 days nothing is said.
    """
    recent, before = days[-N_RECENT_DAYS:], days[:-N_RECENT_DAYS][-N_BEFORE_DAYS:]
    if len(recent) < N_RECENT_DAYS or not added(recent)["n_units"]:
        return {}
    now = measures(added(recent))
    found = {
        "biased": (
            abs(now["bias"]) > MAX_BIAS_RATIO,
            f"the sum of the forecasts was {_percent(now['bias'], '+')} off in {len(recent)} days",
        ),
        "worse_than_naive": (
            now["wape"] > WORSE_BY_RATIO * now["wape_naive"],
            f"WAPE {_percent(now['wape'])}, last week's same day {_percent(now['wape_naive'])}",
        ),
        "intervals_off": (
            now["coverage_80"] < MIN_COVERAGE_80,
            f"{_percent(now['coverage_80'])} of the days were within the 80 % interval",
        ),
        "error_rose": _rose(now["wape"], before),
    }
    return {name: sentence for name, (is_so, sentence) in found.items() if is_so}


def _rose(now: float, before: Sequence[Mapping[str, float]]) -> tuple[bool, str]:
    """Tell whether WAPE is above that of before by a ratio, and beyond what weeks differ by."""
    sold = [row for row in before if row["n_units"]]
    if len(sold) < 2 * N_RECENT_DAYS:
        return False, ""
    usual = measures(added(sold))["wape"]
    daily = [row["sum_absolute_error"] / row["n_units"] for row in sold]
    deviation = float(np.std(daily)) / np.sqrt(N_RECENT_DAYS)
    is_so = now > ROSE_BY_RATIO * usual and now > usual + ROSE_BY_DEVIATIONS * deviation
    return is_so, f"WAPE {_percent(now)}, in the {len(sold)} days before {_percent(usual)}"


def _pinball(actual: Units, forecast: Units, level: float) -> Units:
    error = actual - forecast
    return np.maximum(level * error, (level - 1) * error)


def _within(actual: Units, low: Units, high: Units) -> Units:
    return ((low <= actual) & (actual <= high)).astype(np.float64)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _percent(ratio: float, sign: str = "") -> str:
    return f"{100 * ratio:{sign}.1f} %"
