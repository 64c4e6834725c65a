"""One model of gradient-boosted trees over all series and all periods ahead.

Source: Ke et al., "LightGBM: a highly efficient gradient boosting decision tree" (NeurIPS 2017);
that one model learns from all series is the winners' way in Makridakis et al., "M5 accuracy
competition" (Int. J. of Forecasting 2022), and so is the Tweedie loss.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import Loss, TooFewPeriodsError
from models.forecasting.features import Features, History
from models.forecasting.grouping import groups_of
from models.forecasting.panel import Panel, Values

MIN_PERIODS = 12
BLOCK = 10_000
"""So many series are described at once, that they fit into memory."""
MIN_LEAVES, EXAMPLES_PER_LEAF = 7, 1_000
"""Of few examples only small trees are learned."""
Aim = Literal["mean", "median"]
OBJECTIVES: dict[Aim, dict[str, Any]] = {
    "mean": {"objective": "tweedie", "tweedie_variance_power": 1.3},
    "median": {"objective": "l1"},
}
DRAWN_BY_SIZE = 0.5
"""Series are drawn by this power of their size: large ones' errors weigh most, and few are large."""
MIN_SIZE_RATIO = 0.05
"""Of the mean size: what sells hardly anything is drawn as if it had this."""
OFFSET = 0.01
"""Added to scaled units before their logarithm, so that nothing sold has one."""


@dataclass
class GlobalTrees:
    """Foresee units over the series' own level from lags, groups, plans and calendar.

    Parameters
    ----------
    loss
        `relative` learns the mean of logarithms, each weighed by 1 / units, which is about where relative
        errors are least; else the mean is learned under a Tweedie loss.
    n_rows
        At most so many (series, origin, ahead) are learned from, drawn at random: those of large series more often,
        and weighed by as much less, unless errors are relative.
    half_life
        Periods after which an example weighs half.
    seeds
        One model is fitted for each, and their forecasts averaged.
    n_threads
        On cores that others use too, LightGBM's threads wait for each other longer than they work.
    """

    loss: Loss = "absolute"
    aims: tuple[Aim, ...] = ("mean",)
    n_rows: int = 300_000
    n_trees: int = 200
    n_leaves: int = 63
    learning_rate: float = 0.06
    half_life: float = 200.0
    seeds: tuple[int, ...] = (0,)
    n_threads: int = 1
    models_: list[Any] = field(default_factory=list, init=False)
    names_: list[str] = field(default_factory=list, init=False)

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Learn.

        Raises
        ------
        TooFewPeriodsError
            If there are fewer than 12 periods.
        """
        if panel.n_periods < MIN_PERIODS:
            raise TooFewPeriodsError(
                f"{panel.n_periods} periods are too few to learn from: bring {MIN_PERIODS} or more"
            )
        # Of a short history the farthest periods can't be learned; they are foreseen as the last that can.
        horizon = min(horizon, panel.n_periods // 2)
        self.models_ = []
        history = History(panel, groups_of(panel))
        for seed in self.seeds:
            data = self._examples(history, horizon, seed)
            if data is not None:
                params = self._params(seed, len(np.asarray(data.label)))
                self.models_ += [
                    lightgbm.train(params | objective, data, self.n_trees)
                    for objective in self._objectives()
                ]
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Return units; 0 for all if nothing was ever sold."""
        parts = [self._part(part, horizon) for part in panel.parts(groups_of(panel), BLOCK)]
        return np.concatenate(parts) if parts else np.zeros((0, horizon), np.float32)

    def _part(self, panel: Panel, horizon: int) -> Values:
        if not self.models_:
            return np.zeros((panel.n_series, horizon), np.float32)
        history = History(panel, groups_of(panel))
        series = np.repeat(np.arange(panel.n_series), horizon)
        ahead = np.tile(np.arange(1, horizon + 1), panel.n_series)
        origin = np.full(len(series), panel.n_periods - 1)
        features = matrix(history.describe(series, origin, ahead))
        scaled = np.mean([self._predicted(model, features) for model in self.models_], axis=0)
        units = np.maximum(scaled, 0) * history.levels(series, origin)
        return np.asarray(units.reshape(panel.n_series, horizon), np.float32)

    def _predicted(self, model: Any, features: Values) -> NDArray[np.float64]:  # noqa: ANN401
        found = np.asarray(model.predict(features, num_threads=self.n_threads))
        return np.exp(found) - OFFSET if self.loss == "relative" else found

    def _examples(self, history: History, horizon: int, seed: int) -> lightgbm.Dataset | None:
        """Return a sample of what was seen; None if nothing of it was sold."""
        panel = history.panel
        chance = None if self.loss == "relative" else chances(panel)
        series, origin, ahead = sampled(panel, horizon, self.n_rows, seed, chance)
        target = origin + ahead
        level = history.levels(series, origin)
        scaled = panel.units[series, target] / level
        if not scaled.any():
            return None
        found = history.describe(series, origin, ahead)
        self.names_ = list(found)
        weight = panel.seen[series, target] * 0.5 ** (
            (panel.n_periods - 1 - target) / self.half_life
        )
        if chance is None:
            label = np.log(scaled + OFFSET)
            weight = np.where(scaled > 0, weight / (scaled + OFFSET), 0)
        else:
            weight = weight * level / chance[series]
            label, weight = scaled, weight / weight.mean()
        return lightgbm.Dataset(matrix(found), label, weight=weight, feature_name=self.names_)

    def _objectives(self) -> list[dict[str, Any]]:
        if self.loss == "relative":
            return [{"objective": "l2"}]
        return [OBJECTIVES[aim] for aim in self.aims]

    def _params(self, seed: int, n_examples: int) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": max(MIN_LEAVES, min(self.n_leaves, n_examples // EXAMPLES_PER_LEAF)),
            "min_data_in_leaf": 50,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "max_bin": 127,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.n_threads,
            "verbosity": -1,
        }


def matrix(found: Features) -> Values:
    """Return features as columns."""
    return np.stack([values.astype(np.float32) for values in found.values()], axis=1)


def chances(panel: Panel) -> NDArray[np.float64]:
    """Return how likely each series is to be drawn, by its mean units; shape (n_series,), sums to 1."""
    size = panel.units.sum(axis=1) / np.maximum((panel.seen > 0).sum(axis=1), 1)
    chance = np.maximum(size / max(size.mean(), 1e-9), MIN_SIZE_RATIO) ** DRAWN_BY_SIZE
    return np.asarray(chance / chance.sum(), np.float64)


def sampled(
    panel: Panel, horizon: int, n_rows: int, seed: int, chance: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Draw series, origins and periods ahead whose target was seen and whose series had begun.

    `chance` is each series', of shape (n_series,); None: all have the same.
    """
    rng = np.random.default_rng(seed)
    first = min(panel.rhythm.windows[2], panel.n_periods - horizon - 1)
    n_pairs = panel.n_series * (panel.n_periods - first) * horizon
    n = min(n_rows, n_pairs)
    series = (
        rng.integers(0, panel.n_series, n)
        if chance is None
        else rng.choice(panel.n_series, n, p=chance)
    )
    ahead = rng.integers(1, horizon + 1, n)
    origin = rng.integers(first, panel.n_periods, n) - ahead
    seen = (panel.seen[series, origin + ahead] > 0) & (origin >= panel.starts()[series])
    return series[seen], origin[seen], ahead[seen]
