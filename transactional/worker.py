"""The shop's worker process: what follows from what happened, beside the requests.

python -m transactional.worker

It follows the outbox: passes every event on to the Redis stream, tells the catalogue's readers what
changed, times stock-outs, keeps the sellers' books, tells serving the rules of slots and searches,
experiments and what became of products, keeps and sends mails, and deletes what nobody needs any more. Several may run:
each event and each mail is taken by one of them. Killed at any moment, the next one goes on.
"""

import asyncio
import contextlib
import signal
from collections.abc import Sequence

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transactional.background import Duty, on_a_clock
from transactional.catalogue.cache.telling import ChangeTelling
from transactional.database import make_engine
from transactional.deps import utc_now
from transactional.experiments.publishing import EXPERIMENTS
from transactional.housekeeping import Housekeeping
from transactional.live_products.publishing import LivePublishing
from transactional.notifications.sending import MailRoom
from transactional.notifications.smtp import Postman
from transactional.outbox.reading import Event, OutboxReader
from transactional.outbox.stream import EventStream
from transactional.proofs import ProofSigner
from transactional.rules.publishing import RulePublishing
from transactional.search_rules.publishing import SEARCH_RULES
from transactional.sellers.booking import book_sales
from transactional.settings import WorkerSettings
from transactional.slots.publishing import SLOTS
from transactional.stock.watching import watch_levels
from web.logs import make_logger

POOL_SIZE = 4
SECONDS = 0.25
HOUSEKEEPING_SECONDS = 600.0
REDIS_SECONDS = 5.0


async def work(settings: WorkerSettings, ended: asyncio.Event) -> None:
    """Work until `ended` is set."""
    log = make_logger(settings.log_level, "worker")
    engine = make_engine(settings.database_url, POOL_SIZE)
    redis = Redis.from_url(settings.redis_url, decode_responses=True, socket_timeout=REDIS_SECONDS)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(redis.aclose)
        for duties in (
            stream_duties(engine, redis),
            catalogue_duties(engine, redis),
            stock_duties(engine),
            seller_duties(engine),
            rule_duties(engine, redis),
            live_product_duties(engine, redis),
            mail_duties(engine, settings),
        ):
            # Each on a clock of its own: a mail server that hangs holds up no event.
            for duty in duties:
                await stack.enter_async_context(on_a_clock([duty], SECONDS, log))
        rare = Housekeeping(engine, utc_now).duties()
        await stack.enter_async_context(on_a_clock(rare, HOUSEKEEPING_SECONDS, log))
        await ended.wait()


def stream_duties(engine: AsyncEngine, redis: Redis) -> list[Duty]:
    """Return what brings events to the stream."""
    return [OutboxReader(engine, "stream", EventStream(redis).append).read_outbox]


def catalogue_duties(engine: AsyncEngine, redis: Redis) -> list[Duty]:
    """Return what tells of changes in the catalogue."""
    return [ChangeTelling(engine, redis).tell_changes]


def stock_duties(engine: AsyncEngine) -> list[Duty]:
    """Return what watches the stock levels."""
    return [OutboxReader(engine, "stock", watch_levels).read_outbox]


def seller_duties(engine: AsyncEngine) -> list[Duty]:
    """Return what keeps the sellers' books."""
    return [OutboxReader(engine, "sellers", book_sales).read_outbox]


def rule_duties(engine: AsyncEngine, redis: Redis) -> list[Duty]:
    """Return what keeps the rules of slots and searches, and experiments, in Redis."""
    publishing = [
        RulePublishing(told, engine, redis, utc_now) for told in (SLOTS, SEARCH_RULES, EXPERIMENTS)
    ]

    async def follow(connection: AsyncConnection, events: Sequence[Event]) -> None:
        for each in publishing:
            await each.follow(connection, events)

    # One reader for all: each one reads all that happens in the shop.
    reader = OutboxReader(engine, "slots", follow)
    return [reader.read_outbox, *(each.keep_rules for each in publishing)]


def live_product_duties(engine: AsyncEngine, redis: Redis) -> list[Duty]:
    """Return what keeps products that changed lately in Redis."""
    publishing = LivePublishing(engine, redis, utc_now)
    reader = OutboxReader(engine, "live_products", publishing.follow)
    return [reader.read_outbox, publishing.keep_live_products]


def mail_duties(engine: AsyncEngine, settings: WorkerSettings) -> list[Duty]:
    """Return what makes mails of events, and what sends them."""
    postman = Postman(settings.smtp_url.get_secret_value(), settings.mail_from)
    proofs = ProofSigner(settings.token_secret.get_secret_value())
    room = MailRoom(engine, postman, proofs, utc_now)
    return [OutboxReader(engine, "mails", room.keep).read_outbox, room.send_mails]


async def _main() -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await work(WorkerSettings(), ended)


if __name__ == "__main__":
    asyncio.run(_main())
