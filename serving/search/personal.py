"""How a search is done: for whom, with what they did last, and whether by meaning, too."""

from dataclasses import dataclass

from features.live.shoppers import names_of, seen_last
from features.store.definitions import USER_BOUGHT, USER_RECENT
from features.store.packed import Wanted
from models.search.taste import Acts
from serving.features import FeatureReader


@dataclass(frozen=True)
class Searcher:
    """Who searches, as far as it is told: a session, a browser, a customer."""

    session_id: str | None = None
    visitor_id: str | None = None
    customer_id: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the live states about them."""
        return names_of(self.session_id, self.visitor_id, self.customer_id)

    @property
    def owner(self) -> str:
        """Whose the pages of a search are: a customer's in all sessions, else the session's."""
        return str(self.customer_id or self.names[0])


@dataclass(frozen=True)
class Personal:
    """Somebody and their last acts; none are known while the feature store is away."""

    owner: str
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


async def personal(features: FeatureReader, searcher: Searcher) -> Personal:
    """Read what somebody did last: a moment ago by events, and before that."""
    found = await features.read(Wanted(user_id=searcher.customer_id, shoppers=searcher.names))
    lists = found.user_lists
    looked_at = [*seen_last(found.shoppers.values()), *lists[USER_RECENT].tolist()]
    acts = Acts(tuple(dict.fromkeys(looked_at)), tuple(lists[USER_BOUGHT].tolist()))
    return Personal(searcher.owner, acts)
