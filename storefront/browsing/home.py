"""The home page: what is popular, what suits the shopper, what they looked at."""

from storefront.lists import Wanted
from storefront.visits import Visit

TRENDING = Wanted("home_trending", "trending", limit=12)


def home_lists(visit: Visit) -> list[Wanted]:
    """Return the lists to ask for; a guest gets those of this browser if they consent to it."""
    customer, viewed = visit.customer, [("viewed", each) for each in visit.viewed]
    if customer is not None:
        own = [("customer_id", customer.customer_id)]
        return [
            Wanted("home_for_you", "for_you", [*own, *viewed]),
            Wanted("home_recently_viewed", "recently_viewed", [*own, *viewed]),
            TRENDING,
        ]
    if viewed:
        return [
            Wanted("home_for_you", "for_session", viewed),
            Wanted("home_recently_viewed", "recently_viewed", viewed),
            TRENDING,
        ]
    return [TRENDING]
