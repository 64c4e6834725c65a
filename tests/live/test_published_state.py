"""What is published stays right: jobs killed at any moment, and a past day built again."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import httpx2
import pytest

from emporium.services import environment
from features.schemas.lake import DERIVED, DemandForecast, UserFeatures
from features.schemas.logs import LOGS
from features.store.opening import open_store
from jobs.partitions import Partitions

pytestmark = [pytest.mark.live, pytest.mark.long]

JOBS = ("publish_features", "build_search_index", "train_recommendations", "forecast_demand")
MOMENTS = (0.2, 0.4, 0.55, 0.7, 0.85)
"""Of the seconds that the job takes undisturbed."""
N_LOOKS, LOOK_SECONDS = 20, 8.0
"""Serving looks for new versions every three seconds, and then reads what belongs to them."""
FEATURES = ["n_orders_28d", "recent_item_ids", "favourite_category_id"]
TYPES = ("for_you", "trending", "recently_viewed")


def submit(site, job, date):
    """Start the job as Airflow does: in the site's environment, a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"jobs.{job}", "--date", date],
        env=environment(site) | {"SPARK_MASTER": "local[2]"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def killed_after(seconds, site, job, date):
    """Kill -9 the job and its children after a time; its exit status."""
    process = submit(site, job, date)
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def seconds_of(site, job, date):
    """Run the job to its end and say how long it took."""
    began = time.monotonic()
    assert submit(site, job, date).wait() == 0
    return time.monotonic() - began


def published(site, date):
    """What is read from every store that the jobs publish to."""
    lake, day = Partitions(site.home / "lake"), dt.date.fromisoformat(date)
    customers = sorted(lake.read(UserFeatures, day, day)["user_id"].to_pylist())[::50]
    store = open_store(site.feature_registry_url, site.redis_url)
    online = store.get_online_features(
        features=[f"user_features:{name}" for name in FEATURES],
        entity_rows=[{"user_id": customer} for customer in customers],
    ).to_dict()
    with httpx2.Client(base_url=f"{site.url('gateway')}/api/v1", timeout=30) as shop:
        found = [
            ids(shop, "/products", sort=sort, limit=50) for sort in ("price_asc", "popularity")
        ]
        lists = [
            ids(shop, "/recommendations", type=kind, customer_id=customer, limit=20)
            for customer in customers
            for kind in TYPES
        ]
    forecast = table_of(lake, DemandForecast, day).sort_by(
        [("product_id", "ascending"), ("demand_date", "ascending")]
    )
    return {"online": online, "found": found, "lists": lists, "forecast": forecast.to_pylist()}


def table_of(lake, row, day):
    """A table's rows of a day, without the name of the data that a forecast was made of: that is new when days are built anew."""
    columns = [name for name in row.model_fields if name != "model_version"]
    return lake.read(row, day, day, columns)


def settled(site, date):
    """What is published, once serving has taken up all of it: the same twice, a few looks apart."""
    last = None
    for _ in range(N_LOOKS):
        now = published(site, date)
        if now == last:
            return now
        last = now
        time.sleep(LOOK_SECONDS)
    raise AssertionError("serving did not settle")


def ids(shop, path, **query):
    answer = shop.get(path, params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [item["product_id"] for item in body.get("products", body.get("items"))]


@pytest.mark.parametrize("job", JOBS)
def test_a_killed_job_changes_nothing_that_was_published_and_its_rerun_is_right(site, figures, job):
    date = str(figures["last_day"])
    before = settled(site, date)
    seconds = min(seconds_of(site, job, date) for _ in range(2))

    statuses = []
    for moment in MOMENTS:
        statuses.append(killed_after(moment * seconds, site, job, date))
        assert published(site, date) == before, (moment, statuses)

    assert statuses.count(-signal.SIGKILL) >= 2
    assert submit(site, job, date).wait() == 0
    assert published(site, date) == before


def tables_of(site, day):
    """Every table's rows of a day, by name; only tables that have any."""
    lake = Partitions(site.home / "lake")
    rows = {row.table: table_of(lake, row, day).to_pylist() for row in (*LOGS, *DERIVED)}
    return {table: sorted(map(repr, found)) for table, found in rows.items() if found}


def test_a_backfill_gives_past_days_the_same_tables_and_leaves_what_is_published(site, figures):
    last = dt.date.fromisoformat(str(figures["last_day"]))
    days = (last - dt.timedelta(days=1), last)
    before, shown = [tables_of(site, day) for day in days], settled(site, str(last))

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "emporium",
            "backfill",
            "--from",
            str(days[0]),
            "--to",
            str(days[1]),
        ],
        env=environment(site),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]
    assert {"clickstream", "order_lines", "sessions", "interactions"} <= before[0].keys()
    assert {"user_features", "co_purchases", "trending", "search_documents"} <= before[1].keys()
    for day, tables in zip(days, before, strict=True):
        after = tables_of(site, day)
        for table, rows in tables.items():
            assert after[table] == rows, (day, table)
    assert published(site, str(last)) == shown
