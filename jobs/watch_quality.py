"""Watch the quality of data, features and models: lake, answers, index -> quality_findings, pages, alerts.

python -m jobs.watch_quality --date 2024-05-01

Each figure stands beside its bound in the table, in `reports/watch_quality/<day>.json`, on the pages
`reports/models/<model>.html`, and in `metrics/watch_quality.prom` for Prometheus. What is breached is told to operators by
mail, once for all days in a row.
"""

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DemandForecast, ExperimentResult, QualityFinding
from jobs.partitions import Partitions
from jobs.quality import Bounds, Finding, Model
from jobs.quality_checks import drifts, leaks, missing_days, quarantined, units
from jobs.quality_page import page
from jobs.quality_served import answers_of, clicks_by_version, skews, staleness
from jobs.quality_telling import tell_operators, write_metrics
from jobs.reports import write_report, write_whole
from jobs.runner import Dates, JobError, Settings, partitions, run

JOB = "watch_quality"
N_SHOWN_DAYS = 56
ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "recommender": ("recommendations",),
    "search": ("search", "category"),
}
REGISTERED = ("recommender", "search_ranker")
log = logging.getLogger(JOB)


@dataclass(frozen=True)
class Made:
    """The days that what serves was made of; None where it is not known, or nothing serves."""

    index: dt.date | None = None
    recommender: dt.date | None = None
    search_ranker: dt.date | None = None
    forecasts: dt.date | None = None


def main(settings: Settings, dates: Dates) -> None:
    """Watch each day; tell of the last one.

    Raises
    ------
    JobError
        If a bound is not known.
    """
    try:
        bounds = Bounds.of(settings.quality_bounds)
    except ValueError as error:
        raise JobError(str(error)) from error
    lake = partitions(settings)
    for day in dates.days():
        rows = as_rows(findings(lake, made(settings, lake, day), day, bounds), lake, day)
        lake.write(QualityFinding, pa.Table.from_pylist(rows, arrow_schema(QualityFinding)), day)
    breached = [row for row in rows if row["is_breached"]]
    for row in breached:
        log.warning("%s since %s: %s", row["alert"], row["since"], row["sentence"])
    publish(settings, lake, rows, dates.last)
    n_new = tell_operators(settings.database_url, breached) if settings.database_url else 0
    told = {"n_figures": len(rows), "breached": breached, "n_new": n_new, "bounds": asdict(bounds)}
    write_report(settings.reports, JOB, dates.last, told)


def findings(lake: Partitions, made: Made, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield all that can be measured of a day."""
    answers = answers_of(lake, day)
    yield from missing_days(lake, day, bounds)
    yield from quarantined(lake, day, bounds)
    yield from leaks(lake, day, bounds)
    of_units = list(units(lake, day, bounds))
    yield from of_units
    if made.recommender is not None and made.recommender < day:
        apart = [each.subject for each in of_units if each.is_breached]
        yield from drifts(lake, made.recommender, day, apart, bounds)
    yield from skews(lake, answers, bounds)
    yield from staleness(answers, bounds)
    yield from ages(made, day, bounds)


def ages(made: Made, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield how old what serves is."""
    index, model, forecast = bounds.index_age_days, bounds.model_age_days, bounds.forecast_age_days
    if made.index is not None:
        yield _age("index_age", "index", "search", made.index, day, index)
    if made.recommender is not None:
        yield _age("model_age", "recommender", "recommender", made.recommender, day, model)
    if made.search_ranker is not None:
        yield _age("model_age", "search_ranker", "search", made.search_ranker, day, model)
    if made.forecasts is not None:
        yield _age("model_age", "demand_forecasts", "demand", made.forecasts, day, forecast)


def _age(alert: Any, what: str, model: Model, of: dt.date, day: dt.date, bound: float) -> Finding:  # noqa: ANN401
    age = (day - of).days
    return Finding(alert, what, model, float(age), bound, f"{what} is of {of}, {age} days old")


def made(settings: Settings, lake: Partitions, day: dt.date) -> Made:
    """Return the days that what serves was made of."""
    forecasts = [each for each in lake.days("derived", DemandForecast.table) if each <= day]
    champions = champion_dates(settings)
    return Made(
        index=index_date(settings.index),
        recommender=champions.get("recommender") or last_trained(settings.reports, day),
        search_ranker=champions.get("search_ranker"),
        forecasts=forecasts[-1] if forecasts else None,
    )


def index_date(root: Path) -> dt.date | None:
    """Return the day of the published index."""
    try:
        return dt.date.fromisoformat(
            json.loads((root / "current/manifest.json").read_bytes())["date"]
        )
    except OSError:
        return None


def champion_dates(settings: Settings) -> dict[str, dt.date]:
    """Return the last day that each champion was taught by."""
    if not settings.mlflow_tracking_uri:
        return {}
    from models import registry  # noqa: PLC0415 - MLflow takes seconds to import

    told = {name: registry.champion_date(settings.mlflow_tracking_uri, name) for name in REGISTERED}
    return {name: dt.date.fromisoformat(date) for name, date in told.items() if date}


def last_trained(reports: Path, day: dt.date) -> dt.date | None:
    """Return the last day up to one that recommendations were trained on, by its report."""
    named = (path.stem for path in (reports / "train_recommendations").glob("*.json"))
    return max((each for each in map(dt.date.fromisoformat, named) if each <= day), default=None)


def as_rows(found: Iterable[Finding], lake: Partitions, day: dt.date) -> list[dict[str, Any]]:
    """Return findings as rows of the table: a breach goes on from the day before."""
    before = day - dt.timedelta(days=1)
    since = {
        (row["alert"], row["subject"]): row["since"]
        for row in lake.read(QualityFinding, before, before).to_pylist()
    }
    return [
        {
            **asdict(each),
            "is_breached": each.is_breached,
            "since": (since.get((each.alert, each.subject)) or day) if each.is_breached else None,
            "date": day,
        }
        for each in found
    ]


def publish(
    settings: Settings, lake: Partitions, rows: Sequence[Mapping[str, Any]], day: dt.date
) -> None:
    """Write the models' pages and the figures for Prometheus."""
    write_metrics(settings.metrics, rows, day)
    first = day - dt.timedelta(days=N_SHOWN_DAYS - 1)
    history = lake.read(QualityFinding, first, day).to_pylist()
    arms = lake.read(ExperimentResult, day, day).to_pylist()
    for model in get_args(Model):
        clicks = clicks_by_version(lake, day, ENDPOINTS[model]) if model in ENDPOINTS else []
        own = [row for row in history if row["model"] == model]
        text = page(model, own, clicks, day, arms if model in ENDPOINTS else ())
        write_whole(settings.reports / "models" / f"{model}.html", text)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
