"""Finding an answer again: in Redis while it waits to be collected, then in the lake."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow.dataset as ds
from redis.asyncio import Redis
from redis.exceptions import RedisError

from serving.answers.ids import moment_of
from serving.answers.log import STREAM

N_AT_ONCE = 500
N_SCANNED = 50_000
"""Entries of the stream that are looked at; beyond them an answer is in the lake, or lost."""
SKEW = dt.timedelta(seconds=10)
"""Redis' clock may be so far behind the answer's."""
DELAY = dt.timedelta(hours=1)
"""An answer's row may have waited for Redis so long."""
N_TRIES = 3
N_DAYS = 3
"""An answer of before midnight may be collected after it, and a day's collection may be late."""
LAYERS = ("validated/answers", "raw/[!.]*/answers")

Row = dict[str, Any]


@dataclass(frozen=True)
class KeptAnswers:
    """The rows of the log `answers` that are in `redis` and in the `lake`'s folder.

    `redis` decodes what it reads.
    """

    redis: Redis
    lake: Path

    async def find(self, answer_id: uuid.UUID) -> tuple[str, Row] | None:
        """Return where an answer's row is, `redis` or `lake`, and the row; None if nowhere.

        Raises
        ------
        RedisError
            If the lake has no such row, and Redis can't be reached.
        """
        # The stream first: what is trimmed from it is in the lake already.
        problem: Exception | None = None
        try:
            in_stream = await self._in_the_stream(answer_id)
            if in_stream is not None:
                return "redis", in_stream
        except (RedisError, OSError) as error:
            problem = error
        in_lake = await asyncio.to_thread(in_the_lake, self.lake, answer_id)
        if in_lake is None and problem is not None:
            raise problem
        return None if in_lake is None else ("lake", in_lake)

    async def _in_the_stream(self, answer_id: uuid.UUID) -> Row | None:
        """Look through the entries of about the answer's moment."""
        moment, sought = moment_of(answer_id), str(answer_id)
        first, last = _entry(moment - SKEW), _entry(moment + DELAY)
        for _ in range(N_SCANNED // N_AT_ONCE):
            entries: Any = await self.redis.xrange(STREAM, min=first, max=last, count=N_AT_ONCE)
            for _, fields in entries:
                body = fields.get("body", "")
                if sought in body and orjson.loads(body)["event_id"] == sought:
                    row: Row = orjson.loads(body)
                    return row
            if len(entries) < N_AT_ONCE:
                return None
            first = f"({entries[-1][0]}"
        return None


def _entry(moment: dt.datetime) -> str:
    return str(max(0, int(moment.timestamp() * 1000)))


def in_the_lake(lake: Path, answer_id: uuid.UUID) -> Row | None:
    """Return an answer's row out of the days it may be in, None if none has it."""
    for _ in range(N_TRIES):
        with contextlib.suppress(FileNotFoundError):  # small batches were merged meanwhile
            return _among(_files(lake, moment_of(answer_id).date()), answer_id)
    return None


def _among(files: Iterable[Path], answer_id: uuid.UUID) -> Row | None:
    sought = ds.field("event_id") == str(answer_id)
    for file in files:
        # One file at a time: those of raw batches have whatever columns there were.
        for row in ds.dataset(file).to_table(filter=sought).to_pylist():
            return dict(row)
    return None


def _files(lake: Path, first: dt.date) -> Iterator[Path]:
    for layer in LAYERS:
        for day in (first + dt.timedelta(days=n) for n in range(N_DAYS)):
            yield from sorted(lake.glob(f"{layer}/date={day}/*.parquet"))
