"""Each type is a chain of sources: the next one fills what is left.

| type | chain |
|---|---|
| for_you | model (with what was looked at since), session, trending_category (a guest's, by what they are after), trending, popular |
| for_session | session, trending_category (that is named, or that they are after), trending, popular |
| for_cart | cart, trending, popular |
| also_bought | also_bought, similar, trending_category, trending, popular |
| bought_together | bought_together, also_bought, similar, trending_category, trending, popular |
| similar | similar, trending_category, trending, popular |
| trending | trending_category (if a category is named), trending, popular |
| trending_now | trending_now, trending, popular |
| recently_viewed | recently_viewed, trending, popular |

`popular` is by the index, so that there is a last source before any model or list exists: who is new
gets trending and popular products, what is new is beside products of like text (`similar`) and of
its category. Nothing is shown that the index does not have in stock, nor the product itself, nor
anything twice.
"""

from dataclasses import dataclass

from serving.recommendations.schemas import Kind, Source

CHAINS: dict[Kind, tuple[Source, ...]] = {
    "for_you": ("model", "session", "trending_category", "trending", "popular"),
    "for_session": ("session", "trending_category", "trending", "popular"),
    "for_cart": ("cart", "trending", "popular"),
    "also_bought": ("also_bought", "similar", "trending_category", "trending", "popular"),
    "bought_together": (
        "bought_together", "also_bought", "similar", "trending_category", "trending", "popular",
    ),
    "similar": ("similar", "trending_category", "trending", "popular"),
    "trending": ("trending_category", "trending", "popular"),
    "trending_now": ("trending_now", "trending", "popular"),
    "recently_viewed": ("recently_viewed", "trending", "popular"),
}  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """Why a source chose a product, in words; `led` where the product that led there is known."""

    alone: str
    led: str = ""

    def text(self, title: str | None) -> str:
        """Return the words for the shopper."""
        return self.led.format(title=title) if self.led and title else self.alone


REASONS: dict[Source, Reason] = {
    "model": Reason("Chosen for you", "Because of your interest in {title}"),
    "session": Reason("Because of what you looked at", "Because you looked at {title}"),
    "cart": Reason("Goes with your cart", "Goes with {title} in your cart"),
    "also_bought": Reason("Bought by customers who bought this", "Bought by buyers of {title}"),
    "bought_together": Reason("Often in one basket with this", "Often bought with {title}"),
    "similar": Reason("Similar to this", "Similar to {title}"),
    "recently_viewed": Reason("You looked at this"),
    "trending_category": Reason("Wanted now in this category"),
    "trending_now": Reason("Wanted this hour"),
    "trending": Reason("Wanted now"),
    "popular": Reason("Popular with everyone"),
    "new": Reason("New, from a category you like"),
    "pinned": Reason("Selected by the shop"),
}

DIVERSE: frozenset[Kind] = frozenset(("for_you", "for_session", "trending", "trending_now"))
"""Lists that should not be ten times the same. Those beside a product are alike by their nature."""

WITHOUT_BOUGHT: frozenset[Kind] = frozenset(("for_you", "for_session", "for_cart"))
