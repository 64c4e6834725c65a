"""Forecasting anybody's file of sales, from reading it to showing how good the forecasts are."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pandas as pd
import typer
from rich.console import Console

from emporium import outcome
from emporium.documents import write_document
from emporium.sales_files import Findings, SalesNames, SalesRows, read_sales
from emporium.sales_panel import Frequency, Gaps, Reading, SalesPanel, rhythm_of, sales_panel
from emporium.sales_texts import ISO
from emporium.table_files import read_table
from jobs.holiday_calendar import calendar_of
from models.forecasting.backtest import backtest
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import SHARES, Forecast, Forecaster, Loss
from models.forecasting.families import Makers, candidates, references
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.hierarchy import AgreeingForecaster
from models.forecasting.holidays import Holidays
from models.forecasting.panel import Panel
from models.forecasting.segments import NAMES
from models.forecasting.slow_movers import croston

OURS = "emporium"
DEFAULT_HORIZON = {"D": 28, "W": 8, "M": 6, "Q": 4}
MIN_PERIODS = 4
"""One is held back to judge by, one of those before it to choose by, and twice as many have to be left."""
PERIODS = {"D": "days", "W": "weeks", "M": "months", "Q": "quarters"}
WRITTEN_LEVELS = (0.025, 0.05, 0.1, 0.5, 0.9, 0.95, 0.975)
SHOWN = (
    "wape",
    "mape",
    "bias",
    "coverage_80",
    "coverage_95",
    "pinball_10",
    "pinball_50",
    "pinball_90",
)


@dataclass(frozen=True)
class Files:
    """What to read and write; None is not written."""

    sales: Path
    names: SalesNames
    out: Path | None
    bad_rows: Path | None
    figures: Path | None
    holidays: Path | None = None
    country: str = ""


@dataclass(frozen=True)
class Wishes:
    """How to foresee and judge; what is None, the file decides."""

    horizon: int | None
    frequency: str
    gaps: str
    loss: str
    test_periods: int | None
    seed: int


def run(files: Files, wishes: Wishes, console: Console) -> None:
    """Read, judge, foresee, show and write."""
    try:
        sales, found = read(files, wishes)
        show_findings(console, sales, found, files.bad_rows)
        horizon = horizon_of(found.panel, wishes)
        with console.status("judging models on the newest periods"):
            scores, chosen = judged(found.panel, wishes, horizon)
        show_scores(console, scores, chosen)
        with console.status("foreseeing what comes"):
            forecast = foreseen(found.panel, wishes, horizon)
        if files.out:
            write(table_of(forecast, found), files.out)
            console.print(f"{forecast.mean.size:,} forecasts written to {files.out}", markup=False)
    except ValueError as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    figures = {"models": scores, "chosen": chosen, "findings": sales.findings.counts()}
    write_document(figures, files.figures)


def read(files: Files, wishes: Wishes) -> tuple[SalesRows, SalesPanel]:
    """Read the file as a panel.

    Raises
    ------
    ValueError
        If an option or the file can't be used.
    """
    if wishes.loss not in get_args(Loss):
        raise ValueError(f"--loss {wishes.loss}: choose {', '.join(get_args(Loss))}")
    reading = Reading(cast("Frequency", wishes.frequency), cast("Gaps", wishes.gaps))
    sales = read_sales(files.sales, files.names)
    rhythm = rhythm_of(sales.rows, reading.frequency, numbered=sales.numbered)
    horizon = wishes.horizon or DEFAULT_HORIZON[rhythm.name]
    found = sales_panel(sales, files.names, reading, horizon)
    panel = replace(found.panel, holidays=calendar(files, sales))
    if panel.holidays and rhythm.months:
        raise ValueError("--holidays: only days and weeks are told apart by them")
    return sales, replace(found, panel=panel)


def calendar(files: Files, sales: SalesRows) -> Holidays:
    """Return the holidays of the file that was named, none without.

    Raises
    ------
    ValueError
        If they can't be used.
    """
    if files.holidays is None:
        if files.country:
            raise ValueError(f"--country {files.country}: name the table of holidays by --holidays")
        return Holidays()
    if sales.numbered:
        raise ValueError("--holidays: dates that are numbers of periods have no holidays")
    return calendar_of(read_table(files.holidays), files.country, files.holidays)


def horizon_of(panel: Panel, wishes: Wishes) -> int:
    """Return how many periods to foresee."""
    return wishes.horizon or DEFAULT_HORIZON[panel.rhythm.name]


def makers_of(panel: Panel, wishes: Wishes) -> Makers:
    """Return the models to choose from."""
    trees = GlobalTrees(seeds=(wishes.seed,))
    return candidates(panel, cast("Loss", wishes.loss), trees)


def judged(
    panel: Panel, wishes: Wishes, horizon: int
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Return each model's measures over the newest periods, and what was chosen for which segment.

    Raises
    ------
    ValueError
        If there are too few periods to hold any back.
    """
    if panel.n_periods < MIN_PERIODS:
        raise ValueError(
            f"{panel.n_periods} {PERIODS[panel.rhythm.name]} are too few: bring {MIN_PERIODS} or more"
        )
    loss = cast("Loss", wishes.loss)
    n_test = wishes.test_periods or min(horizon, panel.n_periods // 3)
    ours = ChosenForecaster(makers_of(panel, wishes), loss)
    others = references(panel.rhythm) | {"croston": croston}
    models: dict[str, Forecaster] = {OURS: AgreeingForecaster(ours)}
    models |= {name: ChosenForecaster({name: make}, loss) for name, make in others.items()}
    scores = {name: backtest(model, panel, n_test, 1) for name, model in models.items()}
    return scores, {
        name: " + ".join(names) for name, names in zip(NAMES, ours.chosen_, strict=True)
    }


def foreseen(panel: Panel, wishes: Wishes, horizon: int) -> Forecast:
    """Return the forecast after the last period; sums over what series have in common agree."""
    model = ChosenForecaster(makers_of(panel, wishes), cast("Loss", wishes.loss))
    return AgreeingForecaster(model).fit(panel, horizon).predict(panel, horizon)


def table_of(forecast: Forecast, found: SalesPanel) -> pd.DataFrame:
    """Return a row for each series and period to come."""
    n_series, horizon = forecast.mean.shape
    labels = [found.label(ahead) for ahead in range(1, horizon + 1)]
    keys = found.keys.loc[found.keys.index.repeat(horizon)].reset_index(drop=True)
    values = {"point": forecast.point, "mean": forecast.mean} | {
        f"p{100 * level:g}": forecast.quantile(level) for level in WRITTEN_LEVELS
    }
    for share in SHARES:
        low, high = forecast.interval(share)
        values |= {f"low_{100 * share:g}": low, f"high_{100 * share:g}": high}
    return keys.assign(
        period=np.tile(labels, n_series), **{name: each.ravel() for name, each in values.items()}
    )


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table by the file's suffix.

    Raises
    ------
    ValueError
        If it is of no kind that is written here.
    """
    if path.suffix not in {".csv", ".parquet"}:
        raise ValueError(f"{path}: name a file that ends in .csv or .parquet")
    if path.suffix == ".csv":
        table.to_csv(path, index=False, float_format="%.6g")
    else:
        table.to_parquet(path, index=False)


def show_findings(
    console: Console, sales: SalesRows, found: SalesPanel, bad_rows: Path | None
) -> None:
    """Print what was read and what was not as it should be; write each such row."""
    panel = found.panel
    console.print(
        f"{sales.n_rows:,} rows, {panel.n_series:,} series, {panel.n_periods:,} "
        f"{PERIODS[panel.rhythm.name]}; a period without a row is {found.gaps}"
    )
    if sales.date_format != ISO:
        console.print(
            f"dates are read as {sales.date_format}; else say --date-format", markup=False
        )
    findings: Findings = sales.findings
    if findings.lines:
        console.print(outcome.listing("not as it should be", findings.counts()))
    if bad_rows:
        findings.table().to_csv(bad_rows, index=False)
        which = (
            "each of these rows is in"
            if findings.lines
            else "every row is as it should be: none in"
        )
        console.print(f"{which} {bad_rows}", markup=False)


def show_scores(
    console: Console, scores: dict[str, dict[str, float]], chosen: dict[str, str]
) -> None:
    """Print the measures beside each other, and what was chosen for whom."""
    rows: dict[str, dict[str, Any]] = {
        name: {measure: by[measure] for measure in SHOWN} for name, by in scores.items()
    }
    console.print(outcome.matrix("judged on the newest periods, held back", rows))
    console.print(outcome.listing("models by segment", chosen))
