"""Builds the checkout and its reconciler once, for the whole process."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.batches import Batcher
from transactional.deps import new_event_id, utc_now
from transactional.errors import is_unreachable
from transactional.orders.checkout import Checkout
from transactional.orders.placing import Reserving
from transactional.orders.reconciling import Reconciler
from transactional.orders.settling import Settling
from transactional.payments.provider import PaymentProvider, ProviderUnreachableError


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """How many orders share a commit, and how many may wait for each step."""

    max_size: int = 32
    max_waiting: int = 256

    @property
    def n_workers(self) -> int:
        """How many batches run: one, while which the next fills up; four of orders that go alone."""
        return 1 if self.max_size > 1 else 4


def make_checkout(
    engine: AsyncEngine, provider: PaymentProvider, currency: str, sizes: BatchSizes
) -> Checkout:
    """Return a checkout whose steps are batched."""
    batcher = partial(
        Batcher,
        max_size=sizes.max_size,
        max_waiting=sizes.max_waiting,
        n_workers=sizes.n_workers,
        meets_all=lambda error: (
            is_unreachable(error) or isinstance(error, ProviderUnreachableError)
        ),
    )
    asked_at_once = max(sizes.n_workers, provider.n_at_once)
    reserving = Reserving(engine, provider.name, currency, utc_now, new_event_id)
    return Checkout(
        engine,
        batcher(reserving),
        batcher(provider.authorise, n_workers=asked_at_once),
        batcher(Settling(engine, utc_now)),
    )


def make_reconciler(
    engine: AsyncEngine, checkout: Checkout, provider: PaymentProvider
) -> Reconciler:
    """Return what ends orders that were left half-way."""
    return Reconciler(engine, checkout, provider, utc_now)
