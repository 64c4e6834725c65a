"""One model of gradient-boosted trees over all series, for the mean and for each quantile.

Source: Ke et al., "LightGBM: a highly efficient gradient boosting decision tree" (NeurIPS 2017);
that one model learns from all series is the winners' way in Makridakis et al., "M5 accuracy
competition" (Int. J. of Forecasting 2022).
"""

from dataclasses import dataclass, field
from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import QUANTILES, Forecast, Units
from models.forecasting.features import MIN_HISTORY_DAYS, NAMES, History

MAX_HORIZON = 7
# On cores that others use too, LightGBM's threads wait for each other longer than they work: two
# took five times as long as one.
N_THREADS = 1


class TooFewDaysError(ValueError):
    """There is too little history to learn from."""


@dataclass
class GradientBoostedForecaster:
    """Forecast from lags, rolling means and the calendar.

    Parameters
    ----------
    n_rows
        At most so many (series, day) pairs are learned from, the newest days first.
    n_trees, learning_rate
        Of each of the four models.
    seed
        Seed of the sampling and the trees; the same seed and data give the same model.
    """

    n_rows: int = 150_000
    n_trees: int = 120
    learning_rate: float = 0.07
    seed: int = 0
    models_: dict[str, Any] = field(default_factory=dict, init=False)

    def fit(self, demand: Units, first_weekday: int) -> Self:
        """Learn.

        Raises
        ------
        TooFewDaysError
            If there are fewer than 36 days.
        """
        if demand.shape[1] < MIN_HISTORY_DAYS + MAX_HORIZON + 1:
            raise TooFewDaysError(
                f"{demand.shape[1]} days are too few to learn from: a forecast needs "
                f"{MIN_HISTORY_DAYS + MAX_HORIZON + 1}"
            )
        features, units = self._examples(demand, first_weekday)
        data = lightgbm.Dataset(features, units, feature_name=list(NAMES), free_raw_data=False)
        common = {
            "learning_rate": self.learning_rate,
            "num_leaves": 31,
            "min_data_in_leaf": 50,
            "max_bin": 127,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": N_THREADS,
            "verbosity": -1,
        }
        # A Poisson mean is never zero; a shop that sold nothing for weeks needs one that is.
        objective = "poisson" if units.any() else "regression"
        self.models_ = {
            "mean": lightgbm.train({**common, "objective": objective}, data, self.n_trees)
        }
        for quantile in QUANTILES:
            params = {**common, "objective": "quantile", "alpha": quantile}
            self.models_[f"p{round(quantile * 100)}"] = lightgbm.train(params, data, self.n_trees)
        return self

    def predict(self, demand: Units, first_weekday: int, horizon: int) -> Forecast:
        """Return the forecast of up to seven days after the last column.

        Raises
        ------
        ValueError
            If the horizon is longer than a week, or the model isn't fitted.
        """
        if not 1 <= horizon <= MAX_HORIZON:
            raise ValueError(f"the horizon is {horizon} days; choose 1 to {MAX_HORIZON}")
        if not self.models_:
            raise ValueError("the forecaster is not fitted: call fit first")
        n_series, n_days = demand.shape
        series = np.repeat(np.arange(n_series), horizon)
        ahead = np.tile(np.arange(1, horizon + 1), n_series)
        origin = np.full(len(series), n_days - 1)
        features = History(demand, first_weekday).describe(series, origin, ahead)
        found = {
            name: np.maximum(model.predict(features, num_threads=N_THREADS), 0).reshape(
                n_series, horizon
            )
            for name, model in self.models_.items()
        }
        # Each quantile has a model of its own; where they cross, they change places.
        low, middle, high = np.sort([found["p10"], found["p50"], found["p90"]], axis=0)
        return Forecast(found["mean"], low, middle, high)

    def _examples(
        self, demand: Units, first_weekday: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return features and units of a sample of (series, origin), each some days ahead."""
        n_series, n_days = demand.shape
        rng = np.random.default_rng(self.seed)
        origins = np.arange(MIN_HISTORY_DAYS, n_days - MAX_HORIZON)
        n_origins = min(len(origins), max(28, -(-self.n_rows // n_series)))
        origins = origins[-n_origins:]
        n_pairs = min(self.n_rows, n_series * n_origins)
        pairs = rng.choice(n_series * n_origins, n_pairs, replace=False)
        series, origin = pairs // n_origins, origins[pairs % n_origins]
        ahead = rng.integers(1, MAX_HORIZON + 1, n_pairs)
        features = History(demand, first_weekday).describe(series, origin, ahead)
        return features, demand[series, origin + ahead].astype(np.float32)
