"""A product as lists show it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from storefront.apis import Document


@dataclass(frozen=True)
class Card:
    """A product in a list.

    Parameters
    ----------
    picture
        Path of an image.
    position
        From 1; 0 outside of lists.
    source, because
        Why it is there: what chose it, and the title of the product that led there, if another one.
    reason
        The same in the API's words.
    """

    product_id: int
    title: str
    brand: str | None
    price_cents: int
    prior_price_cents: int | None
    is_available: bool
    picture: str
    mean_rating: float | None = None
    n_reviews: int = 0
    position: int = 0
    source: str = ""
    because: str = ""
    reason: str = ""


def drawn_picture(product_id: int, category_id: int | None) -> str:
    """Return the path of the picture that is drawn for a product without one."""
    return f"/picture/{category_id or 0}/{product_id}.svg"


def image_path(sha256: str) -> str:
    """Return the path of an image of the catalogue."""
    return f"/api/v1/catalogue/images/{sha256}"


def card_of_product(product: Document) -> Card:
    """Return the card of a product as the catalogue has it."""
    images = product["images"]
    own = image_path(images[0]["sha256"]) if images else None
    return Card(
        product_id=product["product_id"],
        title=product["title"],
        brand=product["brand"],
        price_cents=product["price_cents"],
        prior_price_cents=product["prior_price_cents"],
        is_available=product["n_available"] > 0 and product["status"] == "published",
        picture=own or drawn_picture(product["product_id"], product["category_id"]),
    )


def card_of_find(find: Document) -> Card:
    """Return the card of a product as the search index has it."""
    return Card(
        product_id=find["product_id"],
        title=find["title"],
        brand=find["brand"],
        price_cents=find["price_cents"],
        prior_price_cents=None,
        is_available=find["in_stock"],
        picture=drawn_picture(find["product_id"], find["category_id"]),
        mean_rating=find["mean_rating"],
        n_reviews=find["n_reviews"] or 0,
    )


def found_cards(finds: list[Document], known: Mapping[int, Card]) -> list[Card]:
    """Return what a search found, in its order, with today's price and picture where known."""
    cards = [card_of_find(find) for find in finds]
    return [
        replace(
            known.get(card.product_id, card),
            mean_rating=card.mean_rating,
            n_reviews=card.n_reviews,
            position=position,
        )
        for position, card in enumerate(cards, start=1)
    ]


def recommended_cards(
    items: list[Document], known: Mapping[int, Card], beside: Collection[object] = ()
) -> list[Card]:
    """Return what is recommended, best first; what the catalogue does not have is left out.

    That a product of `beside`, which the page is about, led there need not be said.
    """
    shown = [each for each in items if each["product_id"] in known]
    return [
        replace(
            known[each["product_id"]],
            position=position,
            source=each["source"],
            because=_title(each["because_product_id"], known, beside),
            reason=each["reason"],
        )
        for position, each in enumerate(shown, start=1)
    ]


def _title(product_id: int | None, known: Mapping[int, Card], beside: Collection[object]) -> str:
    if product_id is None or product_id in beside or product_id not in known:
        return ""
    return known[product_id].title
