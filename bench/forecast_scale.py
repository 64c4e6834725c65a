"""Many made-up series of 120 days: time and memory to learn and to foresee 28 days."""

import datetime as dt
import resource
import time
from pathlib import Path

import numpy as np
from statsforecast.models import AutoETS

from bench.table import Figure
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.families import candidates
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.panel import Panel, panel_of
from models.forecasting.slow_movers import EachSeries

N_SERIES, N_DAYS, HORIZON = 100_000, 120, 28
N_SAMPLE = 100
MAX_SECONDS, MAX_GIB = 600.0, 8.0


def made_up(n_series: int, seed: int = 0) -> Panel:
    """Return series of levels from rare to fast, with a week and Poisson noise."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(-0.5, 1.2, (n_series, 1))
    week = 1 + 0.5 * np.sin(2 * np.pi * (np.arange(N_DAYS) + rng.integers(0, 7, (n_series, 1))) / 7)
    return panel_of(rng.poisson(level * week).astype(float), dt.date(2026, 1, 1))


def figures(data: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - every section takes it
    """Return the figures of the section."""
    n_series = N_SERIES // 50 if quick else N_SERIES
    panel = made_up(n_series)
    began = time.monotonic()
    trees = GlobalTrees(n_rows=300_000, n_trees=120, n_leaves=31)
    model = ChosenForecaster(candidates(panel, "absolute", trees), n_origins=1)
    model.fit(panel, HORIZON).predict(panel, HORIZON)
    seconds = time.monotonic() - began
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    began = time.monotonic()
    EachSeries(lambda: AutoETS(season_length=7)).locate(panel.rows(slice(N_SAMPLE)), HORIZON)
    of_ets = (time.monotonic() - began) * n_series / N_SAMPLE
    return [
        Figure(f"scale: {n_series:,} series, learn and foresee", seconds, "s", MAX_SECONDS),
        Figure("scale: beside AutoETS, scaled up from a sample, one core", seconds, "s", of_ets),
        Figure("scale: peak memory", gib, "GiB", MAX_GIB),
    ]
