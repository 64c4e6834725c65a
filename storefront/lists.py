"""Lists of recommended products, each in a slot of a page."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storefront.apis import Api, Document, Params, part
from storefront.cards import Card, recommended_cards
from storefront.shelf import Shelf

N_SHOWN = 6


@dataclass(frozen=True)
class ProductList:
    """A list of a page; `answer_id` names the answer it came with, and `surface` its type: for the clickstream."""

    slot: str
    surface: str
    cards: list[Card]
    answer_id: str


@dataclass(frozen=True)
class Wanted:
    """A list to ask for: its slot and what `/recommendations` takes."""

    slot: str
    kind: str
    params: Params = ()
    limit: int = N_SHOWN


async def answers(serving: Api, wanted: Sequence[Wanted]) -> list[Document | None]:
    """Return what is recommended for each slot; None where it cannot be had."""
    return list(await asyncio.gather(*(part(_ask(serving, each)) for each in wanted)))


async def _ask(serving: Api, wanted: Wanted) -> Document:
    own: Params = [("type", wanted.kind), ("slot", wanted.slot), ("limit", wanted.limit)]
    found: Document = await serving.get("/recommendations", [*own, *wanted.params])
    return found


async def lists(
    serving: Api, shelf: Shelf, wanted: Sequence[Wanted]
) -> dict[str, ProductList | None]:
    """Return lists by slot, with their products; None where one cannot be had."""
    found = await answers(serving, wanted)
    return with_cards(wanted, found, await shelf.cards(ids_in(found)))


def ids_in(found: Sequence[Document | None]) -> list[int]:
    """Return the products of all lists, and those that led to them."""
    items = [item for answer in found if answer for item in answer["items"]]
    led = {each["because_product_id"] for each in items} - {None}
    return [*(each["product_id"] for each in items), *led]


def with_cards(
    wanted: Sequence[Wanted], found: Sequence[Document | None], known: Mapping[int, Card]
) -> dict[str, ProductList | None]:
    """Return what was recommended as lists of cards by slot."""
    return {
        each.slot: product_list(each, answer, known) if answer else None
        for each, answer in zip(wanted, found, strict=True)
    }


def product_list(wanted: Wanted, answer: Document, known: Mapping[int, Card]) -> ProductList:
    """Return an answer as a list of what the catalogue has."""
    beside = [value for name, value in wanted.params if name == "product_id"]
    cards = recommended_cards(answer["items"], known, beside)
    return ProductList(wanted.slot, wanted.kind, cards, answer["answer_id"])
