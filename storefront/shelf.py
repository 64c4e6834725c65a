"""What lists show of products, and the tree of categories: asked for once and kept for a while.

A price in a list may be half a minute old; a product's own page, the cart and the order have today's.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from storefront.apis import Api, Document, part
from storefront.cards import Card, card_of_product

CARD_SECONDS = 30.0
MAX_CARDS = 5_000
MAX_ASKED = 100
TREE_SECONDS = 60.0
PER_PAGE = 500
MAX_TREE_PAGES = 20


@dataclass(frozen=True)
class Category:
    """A category; `ancestor_ids` from the outermost to its parent."""

    category_id: int
    name: str
    path: str
    parent_id: int | None
    ancestor_ids: tuple[int, ...]


@dataclass(frozen=True)
class Tree:
    """All categories, each after the one above it."""

    categories: Mapping[int, Category] = field(default_factory=dict)

    def below(self, category_id: int | None) -> list[Category]:
        """Return what is right below a category; None: the outermost."""
        return [each for each in self.categories.values() if each.parent_id == category_id]

    def way_to(self, category_id: int | None) -> list[Category]:
        """Return the categories from the outermost to this one."""
        found = self.categories.get(category_id or 0)
        if found is None:
            return []
        above = (self.categories.get(each) for each in found.ancestor_ids)
        return [*(each for each in above if each), found]


@dataclass
class Shelf:
    """Reads the catalogue as anybody may see it; `now` is a clock of seconds."""

    shop: Api
    now: Callable[[], float]
    _cards: dict[int, tuple[float, Card | None]] = field(default_factory=dict)
    _tree: tuple[float, Tree] | None = None

    async def cards(self, product_ids: Iterable[int]) -> dict[int, Card]:
        """Return the cards of products by id; those that cannot be had now are left out."""
        wanted = list(dict.fromkeys(product_ids))
        now = self.now()
        missing = [each for each in wanted if each not in self._cards or self._cards[each][0] < now]
        if len(self._cards) + len(missing) > MAX_CARDS:
            self._cards = {}
            missing = wanted
        await asyncio.gather(*(self._read(some) for some in batched(missing, MAX_ASKED)))
        kept = {each: self._cards[each][1] for each in wanted if each in self._cards}
        return {product_id: card for product_id, card in kept.items() if card is not None}

    def see(self, product: Document) -> None:
        """Keep what was just read of a product, unless its seller alone may see it."""
        if product["status"] == "draft":
            return
        card = card_of_product(product)
        self._cards[card.product_id] = (self.now() + CARD_SECONDS, card)

    async def tree(self) -> Tree | None:
        """Return the categories; those of before if they cannot be had now, None without any."""
        if self._tree is None or self._tree[0] < self.now():
            read = await part(self._read_tree())
            if read is not None:
                self._tree = (self.now() + TREE_SECONDS, read)
        return self._tree[1] if self._tree else None

    async def _read(self, product_ids: Sequence[int]) -> None:
        asked = ",".join(map(str, product_ids))
        found = await part(self.shop.get("/catalogue/products/by-ids", [("product_ids", asked)]))
        if found is None:
            return
        nowhere = set(product_ids) - set(found["unread_ids"])
        self._cards |= dict.fromkeys(nowhere, (self.now() + CARD_SECONDS, None))
        for each in found["products"]:
            self.see(each)

    async def _read_tree(self) -> Tree:
        found: dict[int, Category] = {}
        params: list[tuple[str, str | int]] = [("limit", PER_PAGE)]
        for _ in range(MAX_TREE_PAGES):
            page = await self.shop.get("/catalogue/categories", params)
            found |= {each["category_id"]: _category(each) for each in page["categories"]}
            if page["next_cursor"] is None:
                break
            params = [("limit", PER_PAGE), ("cursor", page["next_cursor"])]
        return Tree(found)


def batched(ids: Sequence[int], n: int) -> Iterator[Sequence[int]]:
    """Return ids in their order, at most `n` at a time."""
    return (ids[start : start + n] for start in range(0, len(ids), n))


def _category(view: Document) -> Category:
    path = view["path"] or str(view["category_id"])
    return Category(
        category_id=view["category_id"],
        name=path.rpartition(" > ")[2],
        path=path,
        parent_id=view["parent_id"],
        ancestor_ids=tuple(view["ancestor_ids"]),
    )
