"""The worker of serving: keeps what requests need to know of the last minutes, beside the requests.

python -m serving.worker [states] [feature-store]

It follows the streams `clickstream` and `shop-events`. One part changes the live `states` that the next
request reads (`serving.live`); the other brings these into the `feature-store` through Feast's push, and
keeps each customer's lists `user_recent` and `user_bought`. Each part may have a process of its own, so
that no event waits for Feast; without arguments one process does both. Several may run: each stream is
followed by one of them, and if that one is killed, the next goes on within `LOCK_SECONDS` where it
ended. Without any, serving answers from what is known already.
"""

import argparse
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from redis import Redis

from serving.background import Background, Runs, Steady
from serving.events.entries import CLICKSTREAM, SHOP_EVENTS
from serving.events.following import Follower
from serving.live.changing import LiveStates
from serving.live.facts import ProductFacts, published_documents
from serving.live.forgetting import Forgetting
from serving.live.lags import LagReport, Lags
from serving.live.telling import ClickstreamTelling, Telling, shop_telling
from serving.settings import WorkerSettings
from web.logs import make_logger

GROUP = "live_states"
STREAM_SECONDS = 5.0  # longer than a read waits for new entries
PUSH_SECONDS = 0.5
TRENDING_SECONDS = 2.0
REPORT_SECONDS = 1.0
FORGET_SECONDS = 10.0
SWITCH_SECONDS = 0.001


def state_duties(settings: WorkerSettings, lags: Lags, log: structlog.BoundLogger) -> list[Runs]:
    """Return what keeps the live states: what a request may wait for."""
    redis = _stream(settings.redis_url)
    documents = published_documents(settings.index, log)
    tellings: dict[str, Telling] = {
        CLICKSTREAM: ClickstreamTelling(ProductFacts(documents, redis)),
        SHOP_EVENTS: shop_telling,
    }
    followers = [
        Follower(
            redis,
            stream,
            GROUP,
            LiveStates(
                redis,
                f"{stream}:{GROUP}",
                told,
                lags,
                clock,
                ids_are_times=stream != SHOP_EVENTS,
            ),
            log,
        )
        for stream, told in tellings.items()
    ]
    return [
        *(follower.run for follower in followers),
        Steady(documents, settings.poll_seconds, log).run,
        Steady(Forgetting(redis), FORGET_SECONDS, log).run,
    ]


def feature_store_duties(
    settings: WorkerSettings, lags: Lags, log: structlog.BoundLogger
) -> list[Runs]:
    """Return what brings states and lists into the feature store."""
    # Feast takes seconds and memory to import: who keeps the states alone does without.
    from features.store.definitions import USER_BOUGHT, USER_RECENT  # noqa: PLC0415
    from features.store.live_push import LivePush  # noqa: PLC0415
    from features.store.opening import open_store  # noqa: PLC0415
    from features.store.packed_redis import PackedFeatures  # noqa: PLC0415
    from features.store.user_lists import UserLists  # noqa: PLC0415
    from serving.events.bought import bought_items  # noqa: PLC0415
    from serving.events.recent import recent_views  # noqa: PLC0415
    from serving.live.pushing import LivePushing  # noqa: PLC0415
    from serving.live.trending import TrendingNow  # noqa: PLC0415

    # The list pushed holds the one that is there, so it may replace even a batch's, whose time is
    # the end of its day and so may be still to come.
    pushed_to = open_store(settings.feast, settings.redis_url, overwrite=True)
    packed = PackedFeatures(Redis.from_url(settings.redis_url, socket_timeout=STREAM_SECONDS))
    redis = _stream(settings.redis_url)
    pushing = LivePushing(redis, LivePush(settings.feast, settings.redis_url), lags, clock)
    return [
        recent_views(redis, UserLists(USER_RECENT, pushed_to, packed), log).run,
        bought_items(redis, UserLists(USER_BOUGHT, pushed_to, packed), log).run,
        Steady(pushing, PUSH_SECONDS, log).run,
        Steady(TrendingNow(redis, clock), TRENDING_SECONDS, log).run,
    ]


PARTS: Mapping[str, Callable[[WorkerSettings, Lags, structlog.BoundLogger], list[Runs]]] = {
    "states": state_duties,
    "feature-store": feature_store_duties,
}


@contextlib.contextmanager
def working(
    settings: WorkerSettings, registry: CollectorRegistry, parts: Sequence[str] = tuple(PARTS)
) -> Iterator[None]:
    """Do the work of `parts` while the block lasts."""
    log, lags = make_logger(settings.log_level, "feature-worker"), Lags(registry)
    report = LagReport(_stream(settings.redis_url), lags, clock, " ".join(parts))
    with contextlib.ExitStack() as stack:
        for part in parts:  # the states first: they need not wait for the import of Feast
            stack.enter_context(Background(PARTS[part](settings, lags, log)))
        stack.enter_context(Background([Steady(report, REPORT_SECONDS, log).run]))
        yield


def main() -> None:
    """Work until the process is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="states, feature-store; both unless told")
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    settings, registry, ended = WorkerSettings(), CollectorRegistry(), threading.Event()
    sys.setswitchinterval(SWITCH_SECONDS)  # pushing to the feature store gives way to the events
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with working(settings, registry, parts):
        if settings.worker_port:
            start_http_server(settings.worker_port, "127.0.0.1", registry)
        ended.wait()


def clock() -> float:
    """Return the time, in seconds since 1970."""
    return time.time()  # noqa: TID251 - the edge


def _stream(redis_url: str) -> Redis:
    client: Redis = Redis.from_url(redis_url, decode_responses=True, socket_timeout=STREAM_SECONDS)
    return client


if __name__ == "__main__":
    main()
