"""What it costs to record answers: processor time of a list, of the row it leaves, and the row's size.

python -m bench.answers [--quick]

The shop, the model and the feature store of `bench.for_you`, smaller, in one process with Redis beside it. Times are of all
threads, the recorder's too; the least of several rounds.
"""

import asyncio
import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import structlog
from prometheus_client import CollectorRegistry
from redis import Redis

from bench.for_you_shop import Shop, drawn, trained, write_features, write_index
from bench.processes import redis_server
from bench.table import Figure, parser, report
from features.store.packed_redis import AsyncPackedFeatures, Connections, PackedFeatures
from models.live import LiveRecommender
from serving.answers.log import STREAM, UNRECORDED, AnswerLog
from serving.features import PackedReader
from serving.recommendations.newcomers import CurrentNewcomers
from serving.recommendations.recorded import row_of
from serving.recommendations.schemas import RecommendationQuery
from serving.recommendations.service import Champion, RecommendationService
from serving.recommendations.slots import RULES, SlotBook
from serving.recommendations.verdicts import CurrentVerdicts
from serving.recording import Recorder, stream_append
from serving.rule_hash import RuleHash
from serving.search.changes import ProductChanges
from serving.search.current import CurrentIndex
from serving.search.published import published_index

N_ITEMS, N_USERS = 20_000, 4_000
N_ITEMS_QUICK, N_USERS_QUICK = 2_000, 200
N_LISTS, N_ROUNDS = 200, 8
SETTLED_SECONDS = 0.15
"""After which the recorder has written what it had."""
MOMENT = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Cost:
    """What was measured: microseconds of processor time for each list, and bytes of each row."""

    list_microseconds: float
    row_microseconds: float
    row_bytes: float
    row_bytes_in_redis: float


def main() -> None:
    """Draw, train, ask, print."""
    arguments = parser(__doc__).parse_args()
    n_items, n_users = (N_ITEMS_QUICK, N_USERS_QUICK) if arguments.quick else (N_ITEMS, N_USERS)
    shop = drawn(n_users, n_items, seed=0)
    model = trained(shop)
    with tempfile.TemporaryDirectory() as name, redis_server(Path(name)) as url:
        write_index(shop, Path(name) / "index")
        with Redis.from_url(url) as redis:
            write_features(shop, redis)
        cost = asyncio.run(measured(shop, model, Path(name), url))
    report(
        [
            Figure("a list with its row, processor time", cost.list_microseconds, "us"),
            Figure("of which its row", cost.row_microseconds, "us", cost.list_microseconds),
            Figure("a row", cost.row_bytes, "bytes"),
            Figure("a row in Redis", cost.row_bytes_in_redis, "bytes"),
        ],
        arguments.json,
    )


async def measured(shop: Shop, model: LiveRecommender, folder: Path, url: str) -> Cost:
    """Ask for lists while the recorder writes their rows to Redis."""
    log = structlog.get_logger()
    connections = Connections(url, 5.0)
    with (
        Redis.from_url(url) as redis,
        Recorder(stream_append(url), CollectorRegistry(), log) as rows,
    ):
        reader = PackedReader(AsyncPackedFeatures(connections), log)
        service = service_of(model, reader, rows, folder, redis)
        queries = [
            RecommendationQuery(type="for_you", customer_id=user_id)
            for user_id in shop.user_ids[:N_LISTS].tolist()
        ]
        of_lists = min([await seconds_of(service, queries) for _ in range(N_ROUNDS)])
        of_rows = min([await seconds_of_rows(service, queries) for _ in range(N_ROUNDS)])
        rows.flush()
        sizes = [len(fields[b"body"]) for _, fields in redis.xrange(STREAM, count=N_LISTS)]
        in_redis = int(redis.memory_usage(STREAM, samples=0)) / int(redis.xlen(STREAM))
    await connections.close()
    each = 1e6 / len(queries)
    return Cost(each * of_lists, each * of_rows, float(np.mean(sizes)), in_redis)


def service_of(
    model: LiveRecommender, reader: PackedReader, recorder: Recorder, folder: Path, redis: Redis
) -> RecommendationService:
    """Return the service as the application builds it, at one moment."""
    log = structlog.get_logger()
    published = published_index(folder / "index", folder / "index" / "copies", log, lambda: None)
    index = CurrentIndex(published, ProductChanges(redis), log)
    index.refresh()
    verdicts = CurrentVerdicts(index, PackedFeatures(redis), log)
    verdicts.refresh()
    current = index.require()
    return RecommendationService(
        index=current.value,
        champion=Champion("1", model),
        features=reader,
        slots=SlotBook(RuleHash(redis, "none", RULES, log), {}),
        newcomers=CurrentNewcomers(),
        verdicts=verdicts,
        now=MOMENT,
        answers=AnswerLog(recorder.record, current.name),
    )


async def seconds_of(
    service: RecommendationService, queries: Sequence[RecommendationQuery]
) -> float:
    """Return the processor time of all queries' lists."""
    started = time.process_time()
    for query in queries:
        await service.recommend(query)
    return time.process_time() - started


async def seconds_of_rows(
    service: RecommendationService, queries: Sequence[RecommendationQuery]
) -> float:
    """Return the processor time of making and leaving the rows of lists that are there, and of writing them."""
    made = []
    for query in queries:
        arranging = service.arranging(await service.case(query))
        document = await replace(service, answers=UNRECORDED).recommend(query)
        made.append((arranging, document))
    await asyncio.sleep(SETTLED_SECONDS)
    started = time.process_time()
    for arranging, document in made:
        service.answers.leave(MOMENT, 0.0, row_of(arranging, document))
    await asyncio.sleep(SETTLED_SECONDS)
    return time.process_time() - started


if __name__ == "__main__":
    main()
