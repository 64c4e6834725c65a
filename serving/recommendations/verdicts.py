"""What buyers' experience leaves of each product's relevance, for all products of the index."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import numpy as np
import structlog
from numpy.typing import NDArray

from features.store.packed import PRODUCT, Numbers, Wanted
from features.store.packed_redis import PackedFeatures
from models.search.listing import Listing
from serving.search.current import CurrentIndex

REBOUGHT, RETURNED, RATED = PRODUCT.places(("rebuy_ratio", "return_ratio", "mean_rating"))
GOOD_STARS = 4.0
OFTEN_REBOUGHT_RATIO = 0.2
MAX_RETURNED_RATIO = 0.9
N_AT_ONCE = 2_000
REFRESH_SECONDS = 600.0


@dataclass(frozen=True)
class Verdicts:
    """Of each product of a listing, in its order: both of shape (n_products,).

    Parameters
    ----------
    quality
        A factor in (0, 1] that returns and bad reviews leave; 1 where nothing is known.
    bought_again
        Whether every fifth buyer or more buys it again.
    """

    quality: Numbers
    bought_again: NDArray[np.bool_]


def quality(rows: Numbers) -> Numbers:
    """Return the share that is kept, times the stars as a share of `GOOD_STARS`, at most 1.

    Both are smoothed, so that one return or one review is no verdict.

    Parameters
    ----------
    rows : array of shape (n, len(PRODUCT.columns))
    """
    returned = np.minimum(np.nan_to_num(rows[:, RETURNED]), MAX_RETURNED_RATIO)
    stars = np.nan_to_num(rows[:, RATED], nan=GOOD_STARS)
    return np.asarray((1 - returned) * np.minimum(stars / GOOD_STARS, 1))


def verdicts_of(rows: Numbers) -> Verdicts:
    """Return the verdicts of products by their features, nan where these are not known."""
    return Verdicts(quality(rows), np.nan_to_num(rows[:, REBOUGHT]) >= OFTEN_REBOUGHT_RATIO)


def no_verdicts(listing: Listing) -> Verdicts:
    """Return what is said of products nobody knows anything of."""
    n = len(listing.product_ids)
    return Verdicts(np.ones(n), np.zeros(n, np.bool_))


def carried_over(before: Listing, known: Verdicts, listing: Listing) -> Verdicts:
    """Return what is known of products, in the order of another listing; nothing of new ones."""
    places = before.places(listing.product_ids)
    if not len(before.product_ids):
        return no_verdicts(listing)
    had = places >= 0
    return Verdicts(np.where(had, known.quality[places], 1.0), had & known.bought_again[places])


def _are_alike(one: Listing, other: Listing) -> bool:
    """Return whether two listings have the same products."""
    return one.product_ids is other.product_ids


class CurrentVerdicts:
    """The verdicts over the current index, read again with each new one and when features were written.

    And every few minutes: who counts how often they were written may lose the count.
    """

    def __init__(
        self,
        index: CurrentIndex,
        packed: PackedFeatures,
        log: structlog.BoundLogger,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._index, self._packed, self._log, self._clock = index, packed, log, clock
        self._known: tuple[Listing, Verdicts] | None = None
        self._n_written = -1
        self._read_at = -np.inf

    def refresh(self) -> None:
        """Read what has become old. Never raises: it runs beside requests."""
        current = self._index.current
        if current is None:
            return
        listing = current.value.listing
        try:
            n_written = self._packed.n_written(PRODUCT)
            if self._is_fresh(listing, n_written):
                return
            self._known = (listing, self._read(listing))
            self._n_written, self._read_at = n_written, self._clock()
        except Exception as error:  # noqa: BLE001 - Redis gone: what was known stays
            self._log.warning("verdicts unreadable", error=repr(error))

    def _is_fresh(self, listing: Listing, n_written: int) -> bool:
        is_known = self._known is not None and _are_alike(self._known[0], listing)
        is_young = self._clock() - self._read_at < REFRESH_SECONDS
        return is_known and is_young and n_written == self._n_written

    def of(self, listing: Listing) -> Verdicts:
        """Return the verdicts over a listing; until they were read, those that were known before."""
        known = self._known
        if known is None:
            return no_verdicts(listing)
        if not _are_alike(known[0], listing):
            # One assignment, and stale at once for `refresh`: it reads the new listing's own.
            known = (listing, carried_over(*known, listing))
            self._known, self._read_at = known, -np.inf
        return known[1]

    def _read(self, listing: Listing) -> Verdicts:
        ids = listing.product_ids
        parts = [
            self._packed.read(Wanted(ids[start : start + N_AT_ONCE].tolist())).products
            for start in range(0, len(ids), N_AT_ONCE)
        ]
        return verdicts_of(np.concatenate([np.empty((0, len(PRODUCT.columns))), *parts]))
