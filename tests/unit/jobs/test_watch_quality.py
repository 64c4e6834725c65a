"""Each kind of trouble raises its own alert, and a clean week none (jobs.watch_quality)."""

import datetime as dt
import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from features.schemas.lake import ExperimentResult, ProductFeatures, QualityFinding
from features.schemas.logs import Answer, ClickstreamEvent, OrderLine
from jobs.partitions import Partitions
from jobs.quality import Bounds
from jobs.quality_checks import is_missing
from jobs.quality_telling import event
from jobs.runner import Dates, JobError, Settings
from jobs.watch_quality import main
from tests.unit.jobs.quality_lake import (
    BEFORE,
    DAY,
    DAYS,
    IDS,
    PRICES,
    QualityLake,
    end_of,
    filled,
)

N = len(IDS)


@pytest.fixture
def settings(tmp_path):
    settings = Settings(emporium_home=tmp_path, database_url="", mlflow_tracking_uri="")
    index = settings.index / "versions" / "v1"
    index.mkdir(parents=True)
    (index / "manifest.json").write_text(json.dumps({"date": str(BEFORE)}))
    (settings.index / "current").symlink_to("versions/v1")
    trained = settings.reports / "train_recommendations"
    trained.mkdir(parents=True)
    (trained / f"{BEFORE}.json").write_text("{}")
    return settings


@pytest.fixture(scope="module")
def clean_week(tmp_path_factory):
    """Made once: it is most of what a test takes."""
    lake = tmp_path_factory.mktemp("quality") / "lake"
    QualityLake(Partitions(lake)).clean_week()
    return lake


@pytest.fixture
def shop(settings, clean_week):
    shutil.copytree(clean_week, settings.lake)
    return QualityLake(Partitions(settings.lake))


def found(settings, shop, first=DAY, last=DAY):
    """The breached rows of the last day, the whole of its table checked."""
    main(settings, Dates(first, last))
    rows = shop.lake.read(QualityFinding, last, last).to_pylist()
    return [row for row in rows if row["is_breached"]]


def alerts(rows):
    return {row["alert"] for row in rows}


def test_a_clean_week_raises_no_alert_and_is_checked_in_every_way(settings, shop):
    main(settings, Dates(DAY, DAY))

    rows = shop.lake.read(QualityFinding, DAY, DAY).to_pylist()
    assert [row["sentence"] for row in rows if row["is_breached"]] == []
    assert alerts(rows) == {
        "skew", "stale_feature", "drift", "missing_day", "quarantine", "unit_mismatch", "leak",
        "index_age", "model_age",
    }  # fmt: skip
    assert {row["subject"] for row in rows if row["alert"] == "skew"} >= {
        "product_features.price_cents",
        "user_features.n_orders_all",
        "search_documents.look_lift",
    }


def skewed(shop):
    shop.lake.write(Answer, shop.answers(times=1.02), DAY)


def skewed_search(shop):
    shop.lake.write(Answer, shop.answers(lift=0.1), DAY)


def drifted(shop):
    chance = np.random.default_rng(1)
    shop.write(ProductFeatures, DAY, n_views_28d=chance.poisson(9, N) + 1.0)


def stale(shop):
    shop.lake.write(Answer, shop.answers(of_day=DAYS[4]), DAY)


def a_day_is_missing(shop):
    empty = shop.lake.read(OrderLine, DAYS[5], DAYS[5]).slice(0, 0)
    shop.lake.write(OrderLine, empty, DAYS[5])


def euros(shop):
    shop.write(OrderLine, DAY, unit_price_cents=PRICES // 100)


def features_in_hundredths(shop):
    shop.write(ProductFeatures, DAY, price_cents=100 * PRICES)


def leaking(shop):
    late = [end_of(DAY + dt.timedelta(days=1)), *[end_of(DAY)] * (N - 1)]
    shop.write(ProductFeatures, DAY, available_at=late)


def refused(shop):
    folder = shop.lake.root / "quarantine" / ClickstreamEvent.table / f"date={DAY}"
    folder.mkdir(parents=True)
    pa.parquet.write_table(pa.table({"event_id": ["x"] * 40}), folder / "part-0.parquet")


@pytest.mark.parametrize(
    ("plant", "alert", "subject"),
    [
        (skewed, "skew", "product_features.price_cents"),
        (skewed_search, "skew", "search_documents.look_lift"),
        (drifted, "drift", "product_features.n_views_28d"),
        (stale, "stale_feature", "product_features"),
        (a_day_is_missing, "missing_day", "order_lines"),
        (euros, "unit_mismatch", "order_lines.unit_price_cents"),
        (features_in_hundredths, "unit_mismatch", "product_features.price_cents"),
        (leaking, "leak", "product_features.available_at"),
        (refused, "quarantine", "clickstream"),
    ],
)
def test_each_trouble_raises_its_own_alert_and_no_other(settings, shop, plant, alert, subject):
    plant(shop)

    rows = found(settings, shop)

    assert alerts(rows) == {alert}
    assert subject in {row["subject"] for row in rows}


def test_an_old_index_and_an_old_model_are_told(settings, shop):
    (settings.index / "current/manifest.json").write_text(json.dumps({"date": str(DAYS[0])}))
    aged = settings.model_copy(update={"quality_bounds": {"model_age_days": 0}})

    rows = found(aged, shop)

    assert {(row["alert"], row["subject"]) for row in rows} == {
        ("index_age", "index"),
        ("model_age", "recommender"),
    }


def test_a_breach_that_goes_on_is_of_its_first_day_and_one_event(settings, shop):
    for day in (BEFORE, DAY):
        shop.write(OrderLine, day, unit_price_cents=PRICES // 100)

    rows = found(settings, shop, first=BEFORE)

    [row] = [row for row in rows if row["alert"] == "unit_mismatch"]
    assert (row["date"], row["since"]) == (DAY, BEFORE)
    assert event(row)["event_id"] == (
        f"quality-unit_mismatch:order_lines.unit_price_cents-{BEFORE}"
    )
    assert json.loads(event(row)["body"])["customer_id"] is None


def test_pages_report_and_figures_tell_what_was_found(settings, shop):
    skewed(shop)

    main(settings, Dates(DAY, DAY))

    pages = {path.stem: path.read_text() for path in (settings.reports / "models").iterdir()}
    assert set(pages) == {"recommender", "search", "demand", "data"}
    assert "were served otherwise than the lake has them" in pages["recommender"]
    assert "within their bounds" in pages["search"]
    report = json.loads((settings.reports / "watch_quality" / f"{DAY}.json").read_text())
    assert [row["subject"] for row in report["breached"]] == ["product_features.price_cents"]
    figures = (settings.metrics / "watch_quality.prom").read_text()
    labels = 'alert="skew",model="recommender",subject="product_features.price_cents"'
    assert f"emporium_quality_breached{{{labels}}} 1.0" in figures


def test_answers_that_led_to_a_click_are_counted_by_version(settings, shop):
    answers = shop.lake.read(Answer, DAY, DAY, ["event_id", "endpoint"]).to_pylist()
    by_model = [each["event_id"] for each in answers if each["endpoint"] == "recommendations"]
    clicked = [*by_model[:2], by_model[0], *[None] * (N - 3)]
    shop.write(ClickstreamEvent, DAY, answer_id=clicked)

    main(settings, Dates(DAY, DAY))

    page = (settings.reports / "models" / "recommender.html").read_text()
    assert '<td class="words">7</td><td>66</td>' in page
    assert "3 %" in page


def test_running_experiments_are_told_by_arm(settings, shop):
    shop.lake.write(
        ExperimentResult,
        filled(ExperimentResult, DAY, 1, experiment=["new-order"], arm=["b"], verdict=["better"]),
        DAY,
    )

    main(settings, Dates(DAY, DAY))

    pages = settings.reports / "models"
    assert "new-order" in (pages / "search.html").read_text()
    assert "new-order" not in (pages / "demand.html").read_text()


def test_a_bound_that_nobody_knows_is_refused_by_name(settings, shop):
    with pytest.raises(JobError, match="no bound psi"):
        main(settings.model_copy(update={"quality_bounds": {"psi": 1}}), Dates(DAY, DAY))


def test_a_shop_without_anything_has_nothing_to_tell(tmp_path):
    main(Settings(emporium_home=tmp_path, database_url="", mlflow_tracking_uri=""), Dates(DAY, DAY))

    report = json.loads((tmp_path / "reports" / "watch_quality" / f"{DAY}.json").read_text())
    assert (report["n_figures"], report["breached"]) == (0, [])


def test_bounds_are_arguments():
    assert Bounds.of({"drift_psi": 0.1}).drift_psi == 0.1


@pytest.mark.parametrize(
    ("weeks_before", "missing"),
    [((), False), ((1, 2, 3, 4), True), ((1, 2), True), ((4,), False), ((3, 4), True)],
)
def test_a_weekday_on_which_the_shop_is_closed_is_not_missing(weeks_before, missing):
    filled = {DAY - dt.timedelta(days=7 * n) for n in weeks_before} | {DAY - dt.timedelta(days=34)}

    assert is_missing(DAY, filled) == missing
