"""How long entries take, hop by hop (serving.live.lags)."""

import orjson
import pytest
from prometheus_client import CollectorRegistry

from serving.events.entries import Entry
from serving.live.lags import Lags

RECORDED = 1_700_000_000.0


def entry(entry_id):
    return Entry(entry_id, {"body": orjson.dumps({"recorded_at": "2023-11-14T22:13:20+00:00"})})


def last_lags(entry_id, *, ids_are_times):
    lags = Lags(CollectorRegistry())
    lags.written([entry(entry_id)], RECORDED + 0.3, RECORDED + 0.35, ids_are_times=ids_are_times)
    return {hop: pytest.approx(figures["last"]) for hop, figures in lags.figures().items()}


def test_the_id_that_redis_gave_says_when_an_entry_came_into_its_stream():
    lags = last_lags("1700000000100-0", ids_are_times=True)

    assert lags == {"taken": 0.1, "read": 0.2, "written": 0.05, "answerable": 0.35}


def test_of_the_shops_events_whose_ids_are_places_only_what_is_known_is_told():
    lags = last_lags("12-7", ids_are_times=False)

    assert lags == {"written": 0.05, "answerable": 0.35}
