"""Which models are tried on a panel."""

from collections.abc import Callable
from dataclasses import replace

from models.forecasting.contract import Locator, Loss
from models.forecasting.elasticities import Elasticities
from models.forecasting.gradient_boosting import Aim, GlobalTrees
from models.forecasting.holiday_effects import HolidayAdjusted
from models.forecasting.panel import Panel, Rhythm
from models.forecasting.references import MovingMean, SeasonalNaive
from models.forecasting.slow_movers import croston, ets, tsb

MAX_SERIES_OF_ETS = 5_000
"""Above this exponential smoothing, whose kind is searched for each series, takes longer than all else; so do others."""

AIMS: dict[Loss, tuple[Aim, ...]] = {
    "absolute": ("mean", "median"),
    "squared": ("mean",),
    "relative": ("mean",),
}
"""What the trees learn for each loss."""

Makers = dict[str, Callable[[], Locator]]


def candidates(panel: Panel, loss: Loss, trees: GlobalTrees | None = None) -> Makers:
    """Return makers of the models to choose from, by name, the better liked first."""
    model = replace(trees or GlobalTrees(), loss=loss, aims=AIMS[loss])
    found: Makers = {
        "trees": lambda: replace(model),
        "recent_mean": lambda: HolidayAdjusted(MovingMean(panel.rhythm.level_window)),
        "tsb": lambda: HolidayAdjusted(tsb()),
    }
    if panel.n_series <= MAX_SERIES_OF_ETS:
        found |= {
            "croston": lambda: HolidayAdjusted(croston()),
            "ets": lambda: HolidayAdjusted(ets()),
        }
        if panel.known:
            found["elasticities"] = lambda: Elasticities(loss)
    return found


def references(rhythm: Rhythm) -> Makers:
    """Return makers of the models that have to be beaten, by name."""
    n_periods = 7 if rhythm.days == 1 else 4
    return {
        "seasonal_naive": SeasonalNaive,
        f"mean_of_{n_periods}": lambda: MovingMean(n_periods),
    }
