"""Rows of logs that requests leave (serving.recording)."""

import json
import threading

import pytest
import structlog
from prometheus_client import CollectorRegistry
from redis.exceptions import ConnectionError as RedisConnectionError

from serving.recording import MAX_ROW_BYTES, N_AT_ONCE, Bounds, Recorder


class Streams:
    """Streams in memory that may be away, cut off in the middle, or full."""

    def __init__(self):
        self.entries = []
        self.is_away = False
        self.room = None
        self.wrote = threading.Event()

    def append(self, stream, bodies):
        if self.is_away:
            raise RedisConnectionError("away")
        taken = bodies if self.room is None else bodies[: self.room]
        self.entries += [(stream, json.loads(body)) for body in taken]
        self.wrote.set()
        return len(taken)

    def of(self, stream):
        return [row for name, row in self.entries if name == stream]


@pytest.fixture
def streams():
    return Streams()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def recorder(streams, registry):
    log = structlog.wrap_logger(structlog.ReturnLogger())
    return Recorder(streams.append, registry, log, Bounds(n_waiting=3, seconds=0.01))


def n_dropped(registry, stream, reason):
    labels = {"stream": stream, "reason": reason}
    return registry.get_sample_value("recorded_rows_dropped_total", labels) or 0


def test_rows_come_to_their_streams_in_order_as_bytes_or_as_mappings(recorder, streams):
    recorder.record("answers", {"event_id": "a"})
    recorder.record("exposures", b'{"event_id": "x"}')
    recorder.record("answers", {"event_id": "b"})

    assert recorder.flush()

    assert streams.of("answers") == [{"event_id": "a"}, {"event_id": "b"}]
    assert streams.of("exposures") == [{"event_id": "x"}]


def test_while_redis_is_away_rows_are_kept_and_then_written_in_order_once(recorder, streams):
    streams.is_away = True
    recorder.record("answers", {"event_id": "a"})
    assert not recorder.flush()
    recorder.record("answers", {"event_id": "b"})
    assert not recorder.flush()

    streams.is_away = False
    assert recorder.flush()

    assert streams.of("answers") == [{"event_id": "a"}, {"event_id": "b"}]


def test_what_there_is_no_room_for_is_dropped_and_counted(recorder, streams, registry):
    for number in range(5):
        recorder.record("answers", {"event_id": str(number)})

    recorder.flush()

    assert [row["event_id"] for row in streams.of("answers")] == ["0", "1", "2"]
    assert n_dropped(registry, "answers", "queue full") == 2


def test_what_a_stream_that_nobody_collects_has_no_room_for_is_dropped_and_counted(
    recorder, streams, registry
):
    streams.room = 1
    for event_id in ("a", "b"):
        recorder.record("answers", {"event_id": event_id})

    assert recorder.flush()

    assert streams.of("answers") == [{"event_id": "a"}]
    assert n_dropped(registry, "answers", "stream full") == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [({"what": object()}, "no JSON"), ({"what": "x" * MAX_ROW_BYTES}, "too large")],
)
def test_a_row_that_cannot_be_written_does_not_hold_up_the_others(
    recorder, streams, registry, bad, reason
):
    recorder.record("answers", bad)
    recorder.record("answers", {"event_id": "good"})

    assert recorder.flush()

    assert streams.of("answers") == [{"event_id": "good"}]
    assert n_dropped(registry, "answers", reason) == 1


def test_many_rows_of_two_streams_are_written_once_each(streams, registry):
    log = structlog.wrap_logger(structlog.ReturnLogger())
    recorder = Recorder(streams.append, registry, log)
    for number in range(2 * N_AT_ONCE + 1):
        recorder.record("answers" if number % 3 else "exposures", {"n": number})

    recorder.flush()

    assert sorted(row["n"] for _, row in streams.entries) == list(range(2 * N_AT_ONCE + 1))


def test_a_thread_writes_beside_the_requests_and_the_rest_at_the_end(recorder, streams):
    with recorder:
        recorder.record("answers", {"event_id": "a"})
        assert streams.wrote.wait(5)
        recorder.record("answers", {"event_id": "b"})

    assert streams.of("answers") == [{"event_id": "a"}, {"event_id": "b"}]
