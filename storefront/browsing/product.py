"""A product's page: what it is, what others say, what goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.apis import Document
from storefront.cards import Card, drawn_picture, image_path
from storefront.lists import Wanted
from storefront.visits import Visit

N_BUNDLE = 3
SCARCE_UNITS = 5


@dataclass(frozen=True)
class Picture:
    """A picture and its words; the size in pixels keeps its place while it loads."""

    path: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Place:
    """A warehouse, and the units in it that can be sold."""

    name: str
    n_available: int

    @property
    def is_scarce(self) -> bool:
        """Whether their number is worth telling."""
        return self.n_available <= SCARCE_UNITS


@dataclass(frozen=True)
class Bundle:
    """The product and what is bought with it, and what all of it costs."""

    cards: list[Card]
    answer_id: str

    @property
    def total_cents(self) -> int:
        """The sum of today's prices."""
        return sum(card.price_cents for card in self.cards)


def pictures_of(product: Document) -> list[Picture]:
    """Return a product's pictures; the drawn one if it has none."""
    own = [
        Picture(
            image_path(each["sha256"]),
            each["alt"] or product["title"],
            each["width"],
            each["height"],
        )
        for each in product["images"]
    ]
    drawn = drawn_picture(product["product_id"], product["category_id"])
    return own or [Picture(drawn, product["title"], 480, 480)]


def product_lists(product_id: int, visit: Visit) -> list[Wanted]:
    """Return the lists beside a product."""
    own: list[tuple[str, str | int]] = [("product_id", product_id)]
    if visit.customer is not None:
        own.append(("customer_id", visit.customer.customer_id))
    return [
        Wanted("product_similar", "similar", own),
        Wanted("product_also_bought", "also_bought", own),
        Wanted("product_bundle", "bought_together", own, N_BUNDLE),
    ]


def bundle_of(
    product_id: int, together: Document | None, known: Mapping[int, Card]
) -> Bundle | None:
    """Return what goes together with a product; None without at least one more to be had."""
    if together is None or together["bundle"] is None:
        return None
    told = together["bundle"]
    ids = [product_id, *(each for each in told["product_ids"] if each != product_id)]
    cards = [known[each] for each in ids if each in known and known[each].is_available]
    if len(cards) < 2 or cards[0].product_id != product_id:
        return None
    return Bundle(cards, together["answer_id"])


def stars_of(summary: Document | None) -> Mapping[str, Any] | None:
    """Return the product's rating; None without reviews."""
    products = summary["products"] if summary else []
    return products[0] if products and products[0]["n_reviews"] else None


def places_of(told: Document | None) -> list[Place]:
    """Return where units lie, if there is a choice: one place is nothing to tell."""
    places = told["places"] if told else []
    found = [Place(each["name"], each["n_available"]) for each in places if each["n_available"] > 0]
    return found if len(found) > 1 else []


def availability(product: Document) -> str:
    """Return `gone`, `none`, `few` or `many`: what to say of the units that are left."""
    if product["status"] != "published":
        return "gone"
    n_available = product["n_available"]
    if n_available <= 0:
        return "none"
    return "few" if n_available <= SCARCE_UNITS else "many"
