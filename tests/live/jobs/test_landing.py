"""Event streams on their way to the lake (jobs.land_events), and what kills leave of them."""

import datetime as dt
import itertools
import json
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redis import Redis

from bench.events import finished, killed, sending
from bench.events_load import ACCEPTED, Plan
from bench.events_site import DOOR, running_site
from features.schemas.logs import ClickstreamEvent
from jobs.land_events import Landing
from jobs.partitions import Partitions
from jobs.raw import RawBatches
from jobs.sources.streams import LOG_STREAMS
from tests.tables import arrow

pytestmark = pytest.mark.live
DAY, NEXT_DAY, LAST_DAY = (dt.date(2024, 5, n) for n in (1, 2, 3))
STREAM = "clickstream"


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


@pytest.fixture
def landing(redis, tmp_path):
    return Landing(LOG_STREAMS[0], redis, RawBatches(tmp_path), Partitions(tmp_path), seconds=60)


def come(redis, *event_ids, day=DAY):
    """Let events come one after the other in the last second of a day."""
    end = int(dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC).timestamp() * 1000)
    for event_id in event_ids:
        body = json.dumps({"event_id": event_id, "kind": "view"})
        redis.xadd(STREAM, {"body": body}, id=f"{end}-{int(event_id[1:])}")


def landed(landing, day):
    return [
        row["event_id"]
        for folder in landing.batches.folders(STREAM, day, day)
        for row in pq.read_table(folder, partitioning=None).to_pylist()
    ]


def left(redis):
    return [json.loads(fields["body"])["event_id"] for _, fields in redis.xrange(STREAM)]


def test_entries_land_on_the_day_they_came_and_are_gone_from_redis(redis, landing):
    come(redis, "e1", "e2")
    come(redis, "e3", day=NEXT_DAY)

    assert (landing.land(NEXT_DAY), landing.land(NEXT_DAY)) == (3, 0)

    assert (landed(landing, DAY), landed(landing, NEXT_DAY)) == (["e1", "e2"], ["e3"])
    assert left(redis) == []


def test_what_comes_to_a_day_that_was_judged_lands_today(redis, landing):
    judged = arrow(ClickstreamEvent, f"event_id | date\n---\na | {DAY}")
    landing.lake.write(ClickstreamEvent, judged, DAY)
    come(redis, "e1")
    come(redis, "e2", day=NEXT_DAY)

    landing.land(LAST_DAY)

    assert [landed(landing, day) for day in (DAY, NEXT_DAY, LAST_DAY)] == [[], ["e2"], ["e1"]]


def test_what_a_follower_has_not_dealt_with_stays_in_redis(redis, landing):
    come(redis, "e1", "e2", "e3")
    for group in ("quick", "slow"):
        redis.xgroup_create(STREAM, group, id="0")
    redis.xreadgroup("quick", "quick", {STREAM: ">"}, count=3)
    redis.xreadgroup("slow", "slow", {STREAM: ">"}, count=2)
    [first, second, third] = [entry_id for entry_id, _ in redis.xrange(STREAM)]
    redis.xack(STREAM, "quick", first, second, third)
    redis.xack(STREAM, "slow", first)

    landing.land(DAY)
    pending = left(redis)
    redis.xack(STREAM, "slow", second)
    landing.land(DAY)

    assert (pending, left(redis)) == (["e2", "e3"], ["e3"])
    assert landed(landing, DAY) == ["e1", "e2", "e3"]


def test_entries_wait_until_it_is_time_or_they_are_many(redis, landing):
    landing.n_at_once = 3
    come(redis, "e1")
    landing.look(DAY, 100.0)
    come(redis, "e2", "e3")

    n_landed = [landing.look(DAY, 159.0)]
    come(redis, "e4")
    n_landed += [landing.look(DAY, 159.5)]
    come(redis, "e5")
    n_landed += [landing.look(DAY, 200.0), landing.look(DAY, 219.5)]

    assert n_landed == [0, 3, 0, 1]


def test_what_comes_while_it_lands_waits_for_the_next_time(redis, landing, monkeypatch):
    append = landing.batches.append_tables

    def append_slowly(self, *batch):
        append(*batch)
        come(redis, f"e{len(left(redis)) + 1}", day=NEXT_DAY)

    monkeypatch.setattr(RawBatches, "append_tables", append_slowly)
    come(redis, "e1")

    assert (landing.land(NEXT_DAY), left(redis)) == (1, ["e2"])


def test_two_never_collect_at_once(redis, landing):
    come(redis, "e1")
    other = threading.Thread(target=landing.land, args=(DAY,))
    with landing.batches.collecting():
        other.start()
        other.join(0.2)
        assert (other.is_alive(), landed(landing, DAY)) == (True, [])
    other.join()

    assert landed(landing, DAY) == ["e1"]


def test_rows_of_one_kind_and_those_kept_whole_are_one_batch(redis, landing, monkeypatch):
    monkeypatch.setattr("jobs.sources.streams.N_ENTRIES_AT_ONCE", 1)
    come(redis, "e1")
    redis.xadd(STREAM, {"body": "{half"})
    come_later = {"body": json.dumps({"event_id": "e9", "colour": "red"})}
    redis.xadd(STREAM, come_later)

    landing.land(dt.datetime.now(dt.UTC).date())

    tables = [
        pq.read_table(file, partitioning=None)
        for file in sorted(landing.batches.folder.glob("[!.]*/*/*/*.parquet"))
    ]
    rows = pa.concat_tables(tables, promote_options="default").to_pylist()
    assert [(row["event_id"], row["reject_reason"]) for row in rows] == [
        ("e1", None),
        (None, "not JSON"),
        ("e9", "unknown field colour"),
    ]


def kill_in_turn(folder, n_kills, seconds_between):
    """Kill Redis, API and worker in turn while browsers insist; return what was accepted and landed."""
    with running_site(folder, DOOR, landing_seconds=0.5) as site:
        seconds = seconds_between * (n_kills + 1)
        plan = Plan(site.port, 40, seconds, n_events=20, insists=True)
        with sending(plan) as senders:
            for name in itertools.islice(itertools.cycle(site.processes), n_kills):
                time.sleep(seconds_between)
                killed(site.processes[name])
            result = finished(senders)
        site.until_landed()
        return result, site.in_lake()


@pytest.mark.parametrize(
    ("n_kills", "seconds_between"), [(3, 1.0), pytest.param(40, 2.0, marks=pytest.mark.long)]
)
def test_no_kill_loses_an_accepted_event_or_doubles_one(
    tmp_path, record_property, n_kills, seconds_between
):
    result, in_lake = kill_in_turn(tmp_path, n_kills, seconds_between)

    record_property("events accepted while processes were killed", len(result.accepted))
    assert set(result.status) > {ACCEPTED}  # the kills were felt
    assert len(result.accepted) > 100
    assert [each for each in result.accepted if each not in in_lake] == []
    assert {each: n for each, n in in_lake.items() if n > 1} == {}
