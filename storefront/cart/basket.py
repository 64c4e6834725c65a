"""A cart's page: its lines, what changed since they were put in, and what does not go through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storefront.apis import Document
from storefront.cards import Card, drawn_picture
from storefront.visits import N_UNITS, NOTICES, Visit

MAX_QUANTITY = 100
NOTICE_SECONDS = 3600


@dataclass(frozen=True)
class Line:
    """Some units of a product."""

    product_id: int
    title: str
    quantity: int
    unit_price_cents: int
    total_cents: int
    is_for_sale: bool
    picture: str


@dataclass(frozen=True)
class Notice:
    """A price that is another one than the cart showed before."""

    product_id: int
    title: str
    was_cents: int
    now_cents: int


@dataclass(frozen=True)
class Basket:
    """A cart as its page shows it; the total counts what is for sale."""

    lines: list[Line]
    notices: list[Notice]
    total_cents: int = 0

    @property
    def n_units(self) -> int:
        """All units."""
        return sum(line.quantity for line in self.lines)

    @property
    def can_be_ordered(self) -> bool:
        """Whether there is something, and nothing that is not for sale any more."""
        return bool(self.lines) and all(line.is_for_sale for line in self.lines)


EMPTY = Basket([], [])


def basket_of(cart: Document, known: Mapping[int, Card], kept: Iterable[Document] = ()) -> Basket:
    """Return a cart with its pictures; `kept` are notices told before, and not shown yet."""
    lines = [_line(each, known.get(each["product_id"])) for each in cart["lines"]]
    titles = {line.product_id: line.title for line in lines}
    notices = {
        each["product_id"]: Notice(
            each["product_id"], titles[each["product_id"]], each["was_cents"], each["now_cents"]
        )
        for each in [*kept, *cart["notices"]]
        if each["product_id"] in titles
    }
    return Basket(lines, list(notices.values()), cart["total_cents"])


def _line(line: Document, card: Card | None) -> Line:
    product_id = line["product_id"]
    return Line(
        product_id=product_id,
        title=line["title"],
        quantity=line["quantity"],
        unit_price_cents=line["unit_price_cents"],
        total_cents=line["line_total_cents"],
        is_for_sale=line["for_sale"],
        picture=card.picture if card else drawn_picture(product_id, None),
    )


def remember(visit: Visit, cart: Document) -> None:
    """Keep, until the cart's page is shown, how much is in it and what the API tells only once."""
    visit.keep(N_UNITS, str(sum(line["quantity"] for line in cart["lines"])), NOTICE_SECONDS * 24)
    told = [*kept_notices(visit), *cart["notices"]]
    if told:
        texts = (f"{each['product_id']}:{each['was_cents']}:{each['now_cents']}" for each in told)
        visit.keep(NOTICES, ".".join(texts), NOTICE_SECONDS)


def kept_notices(visit: Visit) -> list[Document]:
    """Return the notices that were told and not shown yet."""
    found: list[Document] = []
    for text in visit.get(NOTICES).split("."):
        numbers = text.split(":")
        if len(numbers) == 3 and all(each.isdecimal() and len(each) < 16 for each in numbers):
            names = ("product_id", "was_cents", "now_cents")
            found.append(dict(zip(names, map(int, numbers), strict=True)))
    return found
