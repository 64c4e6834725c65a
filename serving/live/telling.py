"""Which live states an entry of a stream changes, and how."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from features.live.intent import NOTHING_KNOWN, Facts
from features.live.products import INTEREST_KINDS, ProductAct
from features.live.shoppers import COUNTED, LOOKS, ShopperAct, names_of
from features.live.states import Family
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, StockLevel
from serving.events.entries import Entry, row_of

FactsOf = Callable[[Iterable[int]], Mapping[int, Facts]]


class Told(NamedTuple):
    """What happened to the state of one name."""

    family: Family
    name: str
    act: ShopperAct | ProductAct


Telling = Callable[[Sequence[Entry]], Sequence[Told]]


@dataclass(frozen=True)
class ClickstreamTelling:
    """What the clickstream says of shoppers and of the interest in products."""

    facts_of: FactsOf

    def __call__(self, entries: Sequence[Entry]) -> list[Told]:
        """Return what happened, in order; what nobody asks about is passed over."""
        rows = (row_of(ClickstreamEvent, entry.fields) for entry in entries)
        events = [row for row in rows if row is not None and row.kind in COUNTED]
        known = self.facts_of({e.product_id for e in events if e.product_id and e.kind in LOOKS})
        return [told for event in events for told in _told(event, known)]


def _told(event: ClickstreamEvent, known: Mapping[int, Facts]) -> Iterable[Told]:
    at = event.recorded_at.timestamp()
    facts = known.get(event.product_id or 0, NOTHING_KNOWN)
    if event.price_shown_cents:
        facts = replace(facts, price_cents=event.price_shown_cents)
    act = ShopperAct(at, event.kind, event.product_id, event.query, facts)
    for name in names_of(event.session_id, event.visitor_id, event.customer_id):
        yield Told("shopper", name, act)
    if event.kind in INTEREST_KINDS and event.product_id is not None:
        yield Told("interest", str(event.product_id), ProductAct(at, event.kind))


def shop_telling(entries: Sequence[Entry]) -> list[Told]:
    """Return what the shop's events say of products: sold, priced anew, on the shelf."""
    return [told for entry in entries for told in _of_shop(entry)]


def _of_shop(entry: Entry) -> Iterable[Told]:
    topic, fields = entry.fields.get("topic"), entry.fields
    if topic == OrderLine.table and (line := row_of(OrderLine, fields)) and line.kind == "sale":
        yield _offer(line, "purchase", 1)
    if topic == StockLevel.table and (level := row_of(StockLevel, fields)):
        yield _offer(level, "stock", level.n_available)
    if topic == ProductVersion.table and (version := row_of(ProductVersion, fields)):
        yield _offer(version, "price", version.price_cents)


def _offer(row: OrderLine | StockLevel | ProductVersion, kind: str, n: int) -> Told:
    return Told("offer", str(row.product_id), ProductAct(row.recorded_at.timestamp(), kind, n))
