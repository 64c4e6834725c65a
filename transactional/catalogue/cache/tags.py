"""What an event of the outbox changes on the catalogue's pages, as tags.

Pages name what they show by the same tags. A product's event is about its own page, those of its
variants, and lists: those that show it have its tag, those it may come into have its category's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.outbox.catalogue import CATEGORIES, EVERYTHING, TOPIC
from transactional.outbox.reading import Event

ALL_PRODUCTS = "all"
TREE = "tree"

GROUPS = text("""
select product_id, group_id from products
where product_id = any(cast(:ids as bigint[])) and group_id is not null
""")
ANCESTORS = text("""
select category_id, ancestor_ids from categories where category_id = any(cast(:ids as bigint[]))
""")


def of_product(product_id: int) -> str:
    """Return the tag of a product's own facts: price, texts, state, pictures."""
    return f"p{product_id}"


def of_stock(product_id: int) -> str:
    """Return the tag of a product's units."""
    return f"s{product_id}"


def of_group(group_id: int) -> str:
    """Return the tag of which products are variants of a group."""
    return f"g{group_id}"


def of_category(category_id: int) -> str:
    """Return the tag of which products are in a category or below it."""
    return f"c{category_id}"


def of_name(category_id: int) -> str:
    """Return the tag of a category's own row: its path and place."""
    return f"n{category_id}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Tags of what changed; or everything did, and tags say nothing."""

    tags: frozenset[str]
    everything: bool = False


async def changes_of(connection: AsyncConnection, events: Sequence[Event]) -> Changes:
    """Return what events change.

    Where a product was before needs no looking up: what showed it there has the product's own tag.
    """
    versions = [event.body for event in events if event.topic == "products"]
    product_ids = [int(body["product_id"]) for body in versions]
    category_ids = [int(body["category_id"]) for body in versions if body.get("category_id")]
    return Changes(
        frozenset(
            (
                *_own_tags(events),
                *(await _of_groups(connection, product_ids)),
                *(await _of_ancestors(connection, category_ids)),
            )
        ),
        everything=any(event.topic == TOPIC and event.key == EVERYTHING for event in events),
    )


def _own_tags(events: Sequence[Event]) -> Iterable[str]:
    for event in events:
        if event.topic == "products":
            yield from (of_product(event.body["product_id"]), ALL_PRODUCTS)
        elif event.topic == "stock_levels":
            yield of_stock(event.body["product_id"])
        elif event.topic == TOPIC:
            yield from _told_tags(event.key, event.body)


def _told_tags(key: str, body: Mapping[str, Any]) -> Iterable[str]:
    if key == CATEGORIES:
        yield TREE
        yield from (of_name(each) for each in body["category_ids"])
    elif key != EVERYTHING:
        yield of_product(body["product_id"])


async def _of_groups(connection: AsyncConnection, product_ids: Collection[int]) -> list[str]:
    if not product_ids:
        return []
    rows = await connection.execute(GROUPS, {"ids": list(product_ids)})
    return [of_group(row.group_id) for row in rows]


async def _of_ancestors(connection: AsyncConnection, category_ids: Collection[int]) -> list[str]:
    """Return the tags of these categories and all above them, as the tree is now.

    As it was does not matter: a change of the tree is a change of every list by category.
    """
    if not category_ids:
        return []
    rows = await connection.execute(ANCESTORS, {"ids": list(category_ids)})
    above = {each for row in rows for each in row.ancestor_ids}
    return [of_category(each) for each in above | set(category_ids)]
