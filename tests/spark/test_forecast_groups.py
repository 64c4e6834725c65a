"""Parts of a panel foreseen in Spark (jobs.forecast_groups)."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from jobs.forecast_groups import foreseen
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.panel import panel_of
from models.forecasting.slow_movers import tsb

pytestmark = pytest.mark.spark


def test_parts_are_foreseen_in_spark_as_the_whole_is_at_once(spark):
    rng = np.random.default_rng(0)
    units = rng.poisson(rng.gamma(2, 2, (50, 1)), (50, 60)).astype(float)
    panel = replace(panel_of(units, dt.date(2024, 1, 1)), codes={"category": np.arange(50) % 4})
    makers = {"trees": lambda: GlobalTrees(n_rows=2_000, n_trees=10, n_leaves=7), "tsb": tsb}
    model = ChosenForecaster(makers).fit(panel, 7)

    found = foreseen(spark, panel, model, 7)

    whole = model.predict(panel, 7)
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-5)
    np.testing.assert_allclose(found.point, whole.point, rtol=1e-5)
    np.testing.assert_allclose(found.quantiles, whole.quantiles, rtol=1e-5)
