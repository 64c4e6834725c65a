"""How a search is done: for whom, with what they did last, and whether by meaning, too."""

from dataclasses import dataclass

from features.store.definitions import USER_BOUGHT, USER_RECENT
from features.store.packed import Wanted
from models.search.taste import Acts
from serving.features import FeatureReader


@dataclass(frozen=True)
class Personal:
    """A customer and their last acts; none are known while the feature store is away."""

    customer_id: int
    acts: Acts


@dataclass(frozen=True)
class Manner:
    """Whose search it is, nobody's for `None`, and whether what is near in meaning follows.

    `asked` is how it was asked for where an experiment does it otherwise: cursors go by it, so that
    the next page is found whatever experiments begin or end meanwhile.
    """

    personal: Personal | None = None
    semantic: bool = False
    asked: "Manner | None" = None


EVERYBODYS = Manner()


async def personal(features: FeatureReader, customer_id: int) -> Personal:
    """Read what a customer did last."""
    found = await features.read(Wanted(user_id=customer_id))
    lists = found.user_lists
    acts = Acts(tuple(lists[USER_RECENT].tolist()), tuple(lists[USER_BOUGHT].tolist()))
    return Personal(customer_id, acts)
