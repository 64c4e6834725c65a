"""Fresh food in hindsight: what days are estimated at by somebody who knows the days before and after, and the very day.

The level of a series is the mean of its other days in stock, nearer days and the same weekday counting more; the
day's effect is what other series of its group sold on that day over their means. No forecast knows either, so that an
error near this one's leaves little to gain. It is no bound: another estimate from as much may err less. Its constants and the factor that makes
the error least were chosen on the weeks that are judged, which are before the test week. How long a series is in stock on the day is not told it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.table import Figure
from models.evaluation.forecasts import wape
from models.forecasting.panel import Panel, Values
from models.forecasting.references import MovingMean, SeasonalNaive

FIRST, N_WEEKS, WEEK = 42, 4, 7
"""The first column that is judged, and how many weeks are: six weeks before them are known and one after, none of it the test week."""
GROUPS: tuple[tuple[tuple[str, ...], float], ...] = (
    ((), 0),
    (("city_id",), 50),
    (("third_category_id",), 50),
    (("product_id",), 20),
    (("store_id",), 20),
    (("city_id", "product_id"), 5),
    (("store_id", "third_category_id"), 5),
)
"""Codes of each group, one after the other, and how many units say with it that the day is as any."""
DECAY_DAYS, WEEKDAY_WEIGHT = 14.0, 2.0
FACTORS = (0.8, 0.85, 0.9, 0.93, 0.96, 1.0)
TINY = 1e-9


def day_effects(
    units: Values, full: NDArray[np.bool_], codes: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Return what each series' like sold each day over their means, without the series itself; (n_series, n_days)."""
    sold = np.where(full, units, 0).astype(np.float64)
    mean = sold.sum(axis=1, keepdims=True) / np.maximum(full.sum(axis=1, keepdims=True), 1)
    effect = np.ones_like(sold)
    for names, prior in GROUPS:
        code = np.zeros(len(units), np.int64)
        for name in names:
            code = np.unique(code * (codes[name].max() + 1) + codes[name], return_inverse=True)[1]
        usual = np.where(full, mean * effect, 0)
        others, like = (_of_groups(each, code) - each + prior for each in (sold, usual))
        effect *= np.where(like > TINY, others / np.maximum(like, TINY), 1)
    return effect


def _of_groups(values: NDArray[np.float64], code: NDArray[np.int64]) -> NDArray[np.float64]:
    sums = [np.bincount(code, column) for column in values.T]
    return np.stack([each[code] for each in sums], axis=1)


def in_hindsight(
    units: Values, full: NDArray[np.bool_], effect: NDArray[np.float64], days: Sequence[int]
) -> NDArray[np.float64]:
    """Return what each series is estimated to sell on some days, of all its other days; (n_series, len(days))."""
    at = np.arange(units.shape[1])
    found = []
    for day in days:
        weight = np.exp(-np.abs(at - day) / DECAY_DAYS)
        weight *= np.where((at - day) % 7 == 0, WEEKDAY_WEIGHT, 1) * (at != day)
        sold, usual = ((full * each) @ weight for each in (units, effect))
        found.append(sold / np.maximum(usual, TINY) * effect[:, day])
    return np.stack(found, axis=1)


def figures(panel: Panel) -> list[Figure]:
    """Return the errors over the weeks, of all days and of those in stock, beside the better of two naive forecasts.

    The naive ones foresee each week from the day before it.
    """
    full, origins = panel.seen >= 1, range(FIRST, FIRST + N_WEEKS * WEEK, WEEK)
    judged = slice(FIRST, FIRST + N_WEEKS * WEEK)
    estimate = in_hindsight(
        panel.units,
        full,
        day_effects(panel.units, full, panel.codes),
        range(judged.start, judged.stop),
    )
    naive = [
        np.hstack([make.locate(panel.until(origin), WEEK) for origin in origins])
        for make in (SeasonalNaive(), MovingMean(WEEK))
    ]
    actual = panel.units[:, judged]
    return [
        Figure(
            f"fresh: WAPE in hindsight, days 43-70, {name}; best naive",
            100 * min(wape(actual[of], factor * estimate[of]) for factor in FACTORS),
            "%",
            100 * min(wape(actual[of], each[of]) for each in naive),
        )
        for name, of in (("all days", np.ones_like(full[:, judged])), ("in stock", full[:, judged]))
    ]
