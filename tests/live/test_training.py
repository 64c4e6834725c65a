"""Training jobs against a real MLflow server and a lake on disk (jobs.train_recommendations, jobs.forecast_demand, models.registry)."""

import datetime as dt
import json
import os
import sys
import time
import urllib.request
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from emporium import model_versions
from emporium.loaders import online_retail
from emporium.ports import free_port
from features.schemas.arrow import arrow_schema
from features.schemas.feature_sets import RECOMMENDER
from features.schemas.lake import (
    DailyDemand,
    DemandForecast,
    Interaction,
    ProductFeatures,
    UserFeatures,
)
from features.schemas.logs import ClickstreamEvent, ProductVersion
from jobs import forecast_demand, train_recommendations, train_search_ranker
from jobs.forecast_input import demand_as_known
from jobs.partitions import Partitions
from jobs.runner import Dates, JobError
from jobs.settings import Settings
from jobs.training_data import training_data
from models import registry
from models.live import LiveRecommender
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from models.registry import NoPreviousVersionError, TrainingRecord
from serving.search.ranker import SearchRankers
from tests import services
from tests.unit.models.search.products import document, write_index

pytestmark = pytest.mark.live

REAL = Path(__file__).parents[3] / "shared" / "data"
LAST = dt.date(2026, 1, 31)
N_DAYS, N_USERS, N_ITEMS = 80, 120, 40


@pytest.fixture(scope="module")
def mlflow_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip

    def answers():
        try:
            return urllib.request.urlopen(f"{url}/health", timeout=1).status == 200
        except OSError:
            return False

    # Without its queue of background jobs, which nothing here uses, it starts in half the time.
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = folder / "mlflow.log"
    with services.running(command, log, lambda: True, env):
        deadline = time.monotonic() + 180
        while not answers():
            assert time.monotonic() < deadline, f"not ready:\n{log.read_text()[-3000:]}"
            time.sleep(0.2)
        yield url


def publish(lake, row, rows):
    """Write a table's rows, given as dicts or Arrow, by their days."""
    table = pa.Table.from_pylist(rows, arrow_schema(row)) if isinstance(rows, list) else rows
    table = table.select(arrow_schema(row).names).cast(arrow_schema(row))
    for day in pc.unique(table["date"]).to_pylist():
        lake.write(row, table.filter(pc.equal(table["date"], pa.scalar(day))), day)


def moment(day, hour=12):
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def product(item, title, day):
    return {
        "event_id": f"p{item}", "occurred_at": moment(day), "recorded_at": moment(day),
        "product_id": item, "title": title, "description": "", "price_cents": 500,
        "attributes": "{}", "status": "published", "date": day,
    }  # fmt: skip


def interaction(user, item, day, **counts):
    zero = dict.fromkeys(("n_views", "n_carts", "n_purchases", "n_returns"), 0)
    return {
        "user_id": user, "item_id": item, "occurred_on": day, "last_at": moment(day), "date": day,
        **zero, **counts,
    }  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A lake of users who want the even items or the odd ones, and buy one every few days."""
    home = tmp_path_factory.mktemp("home")
    lake = Partitions(home / "lake")
    rng = np.random.default_rng(0)
    days = [LAST - dt.timedelta(days=n) for n in range(N_DAYS)][::-1]
    titles = ["oak table", "green tea"]
    products = [product(item, f"{titles[item % 2]} {item}", days[0]) for item in range(1, N_ITEMS)]
    publish(lake, ProductVersion, products)
    acts = [
        interaction(user, int(rng.choice(range(1 + user % 2, N_ITEMS, 2))), day, n_purchases=1)
        for day in days
        for user in range(1, N_USERS)
        if rng.random() < 0.15
    ]
    unique = {(act["user_id"], act["item_id"], act["date"]): act for act in acts}
    publish(lake, Interaction, list(unique.values()))
    units = [
        {
            "product_id": item, "demand_date": day, "n_units_sold": int(rng.poisson(5)),
            "n_units_returned": 0, "n_orders": 1, "revenue_cents": 0, "date": day,
        }
        for day in days for item in range(1, N_ITEMS)
    ]  # fmt: skip
    publish(lake, DailyDemand, units)
    for day in (LAST - dt.timedelta(days=28), LAST - dt.timedelta(days=14), LAST):
        available = {"available_at": moment(day + dt.timedelta(days=1), 0), "date": day}
        counts = dict.fromkeys(
            ("n_views_7d", "n_views_28d", "n_carts_28d", "n_units_7d", "n_units_28d"), 1
        )
        publish(lake, ProductFeatures, [
            {"product_id": item, **counts, "n_returns_28d": 0, "conversion_ratio": item / 100 + (LAST - day).days,
             "price_cents": 500, "category_id": item % 2 + 1, **available}
            for item in range(1, N_ITEMS)
        ])  # fmt: skip
        publish(lake, UserFeatures, [
            {"user_id": user, "n_orders_28d": 1, "n_orders_all": 2, "n_views_28d": 0,
             "spend_cents_all": 100, "mean_price_cents": 500.0, "days_since_last_order": 1,
             "favourite_category_id": user % 2 + 1, "recent_item_ids": [1], **available}
            for user in range(1, N_USERS)
        ])  # fmt: skip
    return home


@pytest.fixture(scope="module")
def settings(shop, mlflow_url, redis_server):
    return Settings(emporium_home=shop, mlflow_tracking_uri=mlflow_url, redis_url=redis_server)


@pytest.fixture(scope="module")
def first_figures(settings):
    """What the first training of the shop's recommender came to."""
    train_recommendations.main(settings, Dates(LAST, LAST))
    return report(settings, "train_recommendations")


def report(settings, job, date=LAST):
    return json.loads((settings.reports / job / f"{date}.json").read_text())


def best(recommender, user_id):
    """Return a user's five best items, nothing being known beside the model."""
    shortlist = recommender.shortlist(user_id)
    unknown = np.full((len(shortlist.item_ids), len(PRODUCT_COLUMNS)), np.nan, np.float32)
    scores = recommender.scores(shortlist, unknown, np.full(len(USER_COLUMNS), np.nan, np.float32))
    return shortlist.item_ids[np.argsort(-scores)[:5]]


def test_the_first_recommender_beats_popularity_and_serves(settings, first_figures, tmp_path):
    figures = first_figures

    version = registry.champion_version(settings.mlflow_tracking_uri, "recommender")
    folder = registry.download(settings.mlflow_tracking_uri, "recommender", version, tmp_path)
    item_ids = best(LiveRecommender.load(folder), 5)
    assert figures["promoted"]
    assert figures["models"][figures["method"]]["ndcg"] > figures["models"]["popularity"]["ndcg"]
    assert (item_ids % 2 == 0).mean() >= 0.8  # user 5 wants the even items
    made = registry.version(settings.mlflow_tracking_uri, "recommender", version)
    assert f"Gate: {figures['gate']}" in made.card
    assert "| popularity |" in made.card
    assert made.feature_service == RECOMMENDER.service
    assert set(made.views()) == {"product_features", "user_features", "user_and_product"}


@pytest.mark.usefixtures("first_figures")
def test_a_second_training_on_the_same_data_ties_and_keeps_the_champion(settings):
    uri = settings.mlflow_tracking_uri
    before = registry.champion_version(uri, "recommender")

    train_recommendations.main(settings, Dates(LAST, LAST))

    figures = report(settings, "train_recommendations")
    assert registry.champion_version(uri, "recommender") == before
    assert not figures["promoted"]
    assert figures["models"]["champion"] == figures["models"][figures["method"]]
    assert figures["gate"].startswith("champion kept")


def test_the_method_is_chosen_before_the_holdout_whatever_the_holdout_says(first_figures):
    figures = first_figures

    chosen_on = figures["chosen_on"]
    assert chosen_on["after"] == str(LAST - dt.timedelta(days=28))
    assert chosen_on["last"] == figures["holdout_after"] == str(LAST - dt.timedelta(days=14))
    assert figures["method"] in figures["models"]
    assert set(chosen_on["models"]) == {"single", "blend", "ranker"}
    assert chosen_on["because"]


def test_features_are_those_known_at_the_time(settings):
    from jobs.training_data import from_feature_store

    read = from_feature_store(settings, Partitions(settings.lake))
    ids = np.array([3, 1, 99_999])

    at_the_end = read(ProductFeatures, "product_id", ids, ("conversion_ratio",), LAST)
    earlier = read(
        ProductFeatures, "product_id", ids, ("conversion_ratio",), LAST - dt.timedelta(days=13)
    )
    before_any = read(
        ProductFeatures, "product_id", ids, ("conversion_ratio",), LAST - dt.timedelta(days=40)
    )

    np.testing.assert_array_equal(at_the_end[:, 0], np.float32([0.03, 0.01, np.nan]))
    np.testing.assert_array_equal(earlier[:, 0], np.float32([14.03, 14.01, np.nan]))
    assert np.isnan(before_any).all()


def test_nobody_to_judge_by_is_an_error_that_says_so(settings, tmp_path):
    empty = Settings(
        emporium_home=tmp_path,
        mlflow_tracking_uri=settings.mlflow_tracking_uri,
        redis_url=settings.redis_url,
    )
    lake = Partitions(empty.lake)
    publish(lake, ProductVersion, [product(1, "oak table", LAST)])
    publish(lake, Interaction, [interaction(1, 1, LAST, n_views=1)])

    with pytest.raises(JobError, match="nothing to judge a recommender by; load more days"):
        train_recommendations.main(empty, Dates(LAST, LAST))


def test_a_forecast_is_judged_published_and_logged(settings):
    forecast_demand.main(settings, Dates(LAST, LAST))

    lake = Partitions(settings.lake)
    rows = lake.read(DemandForecast, LAST, LAST).to_pandas()
    figures = report(settings, "forecast_demand")
    assert len(rows) == (N_ITEMS - 1) * 28
    assert rows["demand_date"].min() == LAST + dt.timedelta(days=1)
    assert (rows["p05_units"] <= rows["p95_units"]).all()
    naive = figures["models"]["seasonal_naive"]["wape"]
    assert figures["models"][figures["published"]]["wape"] < naive


def test_too_few_days_to_forecast_are_an_error_that_says_so(settings):
    with pytest.raises(JobError, match="daily_demand holds 2 days"):
        forecast_demand.main(settings, Dates(*(LAST - dt.timedelta(days=N_DAYS - 2),) * 2))


def test_versions_are_promoted_and_rolled_back(mlflow_url, tmp_path):
    (tmp_path / "made" / "model").mkdir(parents=True)
    record = TrainingRecord("abc", "def", "2026-01-31", {"n": 1}, {"ndcg": 0.5})
    versions = []
    for text in ("first", "second"):
        (tmp_path / "made" / "model" / "file.txt").write_text(text)
        run_id = registry.log_run(mlflow_url, "thing", record, tmp_path / "made")
        versions.append(registry.register(mlflow_url, "thing", run_id))
    first, second = versions

    assert registry.champion_version(mlflow_url, "thing") is None
    registry.promote(mlflow_url, "thing", first, "the first")
    with pytest.raises(NoPreviousVersionError):
        registry.roll_back(mlflow_url, "thing")
    registry.promote(mlflow_url, "thing", second, "better")
    folder = registry.download_champion(mlflow_url, "thing", tmp_path / "fetched")
    assert (folder / "file.txt").read_text() == "second"

    assert registry.challenger_version(mlflow_url, "thing") == second
    assert registry.roll_back(mlflow_url, "thing", "it sold less") == first
    assert registry.champion_version(mlflow_url, "thing") == first
    client = MlflowClient(mlflow_url)
    gone = client.get_model_version("thing", second)
    assert gone.tags["rolled_back"] == "it sold less"
    assert client.get_run(gone.run_id).data.tags["rolled_back"] == "it sold less"


@pytest.fixture
def versions(mlflow_url, tmp_path, monkeypatch):
    """Two versions of a model of this test's own; a function that runs `emporium models`."""
    monkeypatch.setattr(model_versions, "_tracking_uri", lambda: mlflow_url)
    name = f"shelf-{tmp_path.name}"
    (tmp_path / "made").mkdir()
    for ndcg, gate in ((0.25, "promoted, the first"), (0.125, "champion kept")):
        params = {"method": "als", "als.n_factors": int(ndcg * 1000)}
        record = TrainingRecord(
            code_version="abc",
            data_version="def",
            date="2026-01-31",
            params=params,
            metrics={"als_ndcg": ndcg},
            feature_service="shelf_1a2b",
            feature_views={"product_features": "3c4d", "user_features": "5e6f"},
        )
        run_id = registry.log_run(mlflow_url, name, record, tmp_path / "made")
        registry.register(mlflow_url, name, run_id, gate, f"# A card of {gate}")
    registry.promote(mlflow_url, name, "1", "promoted, the first")

    def run(*words):
        return CliRunner().invoke(model_versions.app, [*words, "--model", name])

    return run


def test_versions_are_listed_with_what_the_gate_said(versions):
    listed = versions("list").output

    assert listed.index("champion kept") < listed.index("promoted, the first")
    assert "0.1250" in listed
    assert "# A card of champion kept" in versions("show", "2").output


def test_a_version_leads_to_the_features_it_learned_from(versions):
    shown = versions("show", "2").output

    assert "shelf_1a2b" in versions("list").output
    assert "service shelf_1a2b: product_features 3c4d, user_features 5e6f." in shown


def test_two_versions_are_compared_figure_by_figure(versions):
    compared = versions("compare", "1", "2").output

    assert words_of(compared, "als_ndcg") == ["als_ndcg", "0.2500", "0.1250"]
    assert words_of(compared, "als.n_factors") == ["als.n_factors", "250", "125"]


def words_of(output, name):
    [line] = [line for line in output.splitlines() if line.strip().startswith(name)]
    return line.replace("│", " ").split()


def test_a_version_is_promoted_by_hand_for_a_reason_and_rolled_back(versions):
    refused = versions("promote", "9", "--because", "why not")
    promoted = versions("promote", "2", "--because", "fewer returns")
    back = versions("rollback")

    assert refused.exit_code == 1
    assert "has no version 9: 2, 1" in refused.output
    assert "2 is the champion" in promoted.output
    assert "1 is the champion again" in back.output


def test_no_champion_of_an_unknown_model(mlflow_url, tmp_path):
    assert registry.champion_version(mlflow_url, "unheard_of") is None
    assert registry.download_champion(mlflow_url, "unheard_of", tmp_path) is None


@pytest.fixture(scope="module")
def gift_shop(tmp_path_factory):
    """The published gift shop's last year as derived tables, without Spark."""
    if not REAL.is_dir():
        pytest.skip(f"no real data in {REAL}")
    folder = tmp_path_factory.mktemp("gift_shop")
    online_retail.load(REAL, folder)
    lake = Partitions(folder / "lake")
    sql = duckdb.connect()
    sql.execute("set timezone = 'UTC'")
    sql.execute(
        f"""create view lines as
          select product_id::bigint as product_id, customer_id::bigint as customer_id, kind,
            quantity::bigint as quantity, occurred_at::timestamptz as happened_at, date
          from read_parquet('{folder}/raw/order_lines/*/*.parquet', hive_partitioning = true)
          where reject_reason is null and unit_price_cents::bigint > 0 and date >= '2011-01-01'"""
    )
    publish(lake, Interaction, sql.sql(
        """select customer_id as user_id, product_id as item_id, date as occurred_on, 0 as n_views,
             0 as n_carts, count(*) filter (kind = 'sale') as n_purchases,
             count(*) filter (kind = 'return') as n_returns, max(happened_at) as last_at, date
           from lines where customer_id is not null group by all"""
    ).to_arrow_table())  # fmt: skip
    publish(lake, DailyDemand, sql.sql(
        """select product_id, date as demand_date, sum(quantity) as n_units_sold,
             0 as n_units_returned, 1 as n_orders, 0 as revenue_cents, date
           from lines where kind = 'sale' group by all"""
    ).to_arrow_table())  # fmt: skip
    publish(lake, ProductVersion, sql.sql(
        f"""select event_id, occurred_at::timestamptz as occurred_at,
             recorded_at::timestamptz as recorded_at, product_id::bigint as product_id, external_id,
             title, description, null as category_id, null as category_path, null as brand,
             null as seller_id, price_cents::bigint as price_cents, attributes, status,
             '2011-01-01'::date as date
           from read_parquet('{folder}/raw/products/*/*.parquet', hive_partitioning = true)"""
    ).to_arrow_table())  # fmt: skip
    return lake


def no_features(row, entity, ids, columns, day):
    return np.full((len(ids), len(columns)), np.nan)


def test_what_is_chosen_beats_popularity_on_real_orders(gift_shop):
    last = dt.date(2011, 12, 9)
    data = training_data(gift_shop, last, no_features)
    held = train_recommendations.hold_out(data, last)
    found = train_recommendations.chosen_on(data, train_recommendations.window_before(data, held))

    made = train_recommendations.judgement(data, found, held)

    scores = {name: report.measures["ndcg"].mean for name, report in made.reports.items()}
    assert len(held.users) > 300
    assert scores[found.chosen_name] > 1.2 * scores["popularity"]


def test_the_forecast_beats_seasonal_naive_on_real_demand(gift_shop):
    demand = demand_as_known(gift_shop, dt.date(2011, 12, 9), forecast_demand.MIN_DAYS)

    scores = forecast_demand.judge(demand)

    assert scores["chosen"]["wape"] < 0.95 * scores["seasonal_naive"]["wape"]
    assert scores["chosen"]["wape"] < scores["mean_of_7_days"]["wape"]


N_LAMPS, N_LIST, N_SEARCHES = 12, 4, 30


def lamp(number, day):
    """What was known of a lamp by the end of a day: usual in all but the price, which rises with the number."""
    counts = {"n_views_28d": 100, "n_carts_28d": 10, "n_units_28d": 5, "n_reviews": 0}
    return {
        "product_id": number, **counts, "look_ratio": 0.2, "conversion_ratio": 0.05,
        "category_price_ratio": number / N_LAMPS, "n_available": 1, "date": day,
    }  # fmt: skip


def searched(day, number, shown):
    """A search for lamps of which the dearest that was shown is looked at."""
    told = {
        "session_id": f"{day}-{number}", "surface": "search", "date": day,
        "occurred_at": moment(day), "recorded_at": moment(day),
    }  # fmt: skip
    name = f"{day}-{number}"
    yield {**told, "event_id": name, "kind": "search", "query": "lamp"}
    for place, product_id in enumerate(shown, 1):
        placed = {**told, "product_id": product_id, "position": place}
        later = {"occurred_at": moment(day, 13)}
        yield {**placed, **later, "event_id": f"{name}-i{place}", "kind": "impression"}
        if product_id == max(shown):
            yield {**placed, **later, "event_id": f"{name}-v{place}", "kind": "view"}


@pytest.fixture
def lamps(tmp_path, mlflow_url):
    """A shop whose shoppers want what is dear, which the formula takes for worse; its settings."""
    lake, days = Partitions(tmp_path / "lake"), [LAST - dt.timedelta(days=n) for n in range(36)]
    chance = np.random.default_rng(0)
    for day in days:
        lists = [chance.permutation(N_LAMPS)[:N_LIST] + 1 for _ in range(N_SEARCHES)]
        events = [row for n, shown in enumerate(lists) for row in searched(day, n, shown.tolist())]
        publish(lake, ClickstreamEvent, events)
        if (LAST - day).days % 14 == 0 or day == days[-1]:
            publish(lake, ProductFeatures, [lamp(n, day) for n in range(1, N_LAMPS + 1)])
    version = tmp_path / "index" / "versions" / "v1"
    write_index(version, [document(n, "Lamp") for n in range(1, N_LAMPS + 1)])
    (tmp_path / "index" / "current").symlink_to(version)
    return Settings(emporium_home=tmp_path, mlflow_tracking_uri=mlflow_url)


def test_an_order_of_searches_is_taught_judged_by_later_ones_and_serves(lamps, tmp_path):
    train_search_ranker.main(lamps, Dates(LAST, LAST))

    figures = report(lamps, "train_search_ranker")
    models = {name: each["ndcg"] for name, each in figures["models"].items()}
    assert (figures["n_judged_searches"], figures["promoted"]) == (7 * N_SEARCHES, True)
    assert models["learned"] > 0.95 > max(models["formula"], models["popularity"])
    served = SearchRankers(lamps.mlflow_tracking_uri, tmp_path / "served")
    order = served.load(served.latest())
    assert order.name == f"search_ranker {figures['version']}"


def test_too_few_searches_teach_nothing_and_are_no_failure(lamps):
    train_search_ranker.main(
        lamps, Dates(LAST - dt.timedelta(days=30), LAST - dt.timedelta(days=30))
    )

    figures = report(lamps, "train_search_ranker", LAST - dt.timedelta(days=30))
    assert not figures["promoted"]
    assert figures["gate"].startswith("not taught")
