"""A search: what a page's address asks for, what the API is asked, what the page shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from storefront.apis import Document
from storefront.cards import Card

SORTS = (
    "relevance",
    "popularity",
    "best_selling",
    "rating",
    "newest",
    "price_asc",
    "price_desc",
)
PER_PAGE = 24
MAX_CHOSEN = 50
N_VALUES = 8
"""Values of a facet that are shown; chosen ones in any case."""


@dataclass(frozen=True)
class Asked:
    """What a search page's address says; what it says wrongly is as if it were not there."""

    q: str = ""
    sort: str = "relevance"
    category_paths: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    price: str = ""
    min_stars: int = 0
    in_stock: bool = False
    cursor: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> "Asked":
        """Return what an address asks for."""
        sort, stars = query.get("sort", ""), query.get("min_stars", "")
        return cls(
            q=query.get("q", "").strip()[:500],
            sort=sort if sort in SORTS else "relevance",
            category_paths=_some(query.getlist("category_path")),
            brands=_some(query.getlist("brand")),
            attributes=_some(each for each in query.getlist("attribute") if "=" in each),
            price=query.get("price", "") if _bounds(query.get("price", "")) else "",
            min_stars=int(stars) if stars in ("1", "2", "3", "4", "5") else 0,
            in_stock=query.get("in_stock") == "true",
            cursor=query.get("cursor", "")[:200],
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Return the address's parameters, without the cursor."""
        single = {
            "q": self.q,
            "sort": "" if self.sort == "relevance" else self.sort,
            "price": self.price,
            "min_stars": str(self.min_stars or ""),
            "in_stock": "true" if self.in_stock else "",
        }
        several = (
            ("category_path", self.category_paths),
            ("brand", self.brands),
            ("attribute", self.attributes),
        )
        return [(name, value) for name, value in single.items() if value] + [
            (name, value) for name, values in several for value in values
        ]

    def params(self) -> list[tuple[str, str | int]]:
        """Return what the API is asked."""
        bounds = _bounds(self.price) or (None, None)
        prices = zip(("min_price", "max_price"), bounds, strict=True)
        asked: list[tuple[str, str | int]] = [("limit", PER_PAGE)]
        asked += [(name, value) for name, value in self.pairs() if name != "price"]
        asked += [(name, cents) for name, cents in prices if cents is not None]
        return asked + ([("cursor", self.cursor)] if self.cursor else [])

    def address(self, path: str, **changes: str) -> str:
        """Return the path with this search's parameters, some of them changed."""
        pairs = [(name, value) for name, value in self.pairs() if name not in changes]
        pairs += [(name, value) for name, value in changes.items() if value]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set."""
        chosen = (self.category_paths, self.brands, self.attributes, self.price, self.min_stars)
        return any(chosen) or self.in_stock


@dataclass(frozen=True)
class Choice:
    """A value of a facet; `label` is shown as it is."""

    value: str
    label: str
    n_products: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """A group of choices; `title` is the name of an attribute, else empty."""

    name: str
    title: str
    choices: list[Choice]


@dataclass(frozen=True)
class PriceStep:
    """A range of prices, in cents; None: no bound."""

    from_cents: int | None
    below_cents: int | None


@dataclass(frozen=True)
class Found:
    """What a search page shows."""

    cards: list[Card]
    n_total: int
    n_whole: int | None
    corrections: dict[str, str]
    dropped: list[str]
    next_cursor: str
    answer_id: str


def found_of(answer: Document, cards: list[Card]) -> Found:
    """Return the page of an answer; from `n_whole` on products lack words of the search."""
    return Found(
        cards=cards,
        n_total=answer["n_total"],
        n_whole=answer["partial_from"],
        corrections=answer["corrections"],
        dropped=answer["dropped"],
        next_cursor=answer["next_cursor"] or "",
        answer_id=answer["answer_id"],
    )


def corrected(q: str, corrections: dict[str, str]) -> str:
    """Return the search as it was understood."""
    known = {word.lower(): better for word, better in corrections.items()}
    return " ".join(known.get(word.lower(), word) for word in q.split())


def facets_of(facets: Document, asked: Asked, *, with_categories: bool) -> list[Facet]:
    """Return the facets with something to choose, the chosen values of each in front."""
    levels = [(each["path"], each["path"], each["n_products"]) for each in facets["levels"]]
    brands = [(each["brand"], each["brand"], each["n_products"]) for each in facets["brands"]]
    found = [
        _facet("category_path", "", levels if with_categories else [], asked.category_paths),
        _facet("brand", "", brands, asked.brands),
    ]
    for each in facets["attributes"]:
        name = each["name"]
        values = [(f"{name}={v['value']}", v["value"], v["n_products"]) for v in each["values"]]
        found.append(_facet("attribute", name, values, asked.attributes))
    return [facet for facet in found if facet.choices]


def price_steps(facets: Document, asked: Asked) -> list[tuple[PriceStep, Choice]]:
    """Return the ranges of prices to choose from."""
    found = []
    for each in facets["prices"]:
        step = PriceStep(each["from_cents"], each["below_cents"])
        value = f"{step.from_cents or ''}-{step.below_cents or ''}"
        is_chosen = value == asked.price
        if value != "-" and (each["n_products"] or is_chosen):  # "-": all cost the same
            found.append((step, Choice(value, "", each["n_products"], is_chosen)))
    return found


def _facet(
    name: str, title: str, values: list[tuple[str, str, int]], chosen: tuple[str, ...]
) -> Facet:
    known = {value for value, _, _ in values}
    lost = [(value, value.partition("=")[2] or value, 0) for value in chosen if value not in known]
    if name == "attribute":
        lost = [each for each in lost if each[0].startswith(f"{title}=")]
    choices = [
        Choice(value, label, n_products, value in chosen) for value, label, n_products in values
    ] + [Choice(value, label, n_products, is_chosen=True) for value, label, n_products in lost]
    in_front = [each for each in choices if each.is_chosen]
    others = [each for each in choices if not each.is_chosen]
    return Facet(name, title, in_front + others[: max(0, N_VALUES - len(in_front))])


def _some(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:MAX_CHOSEN]


def _bounds(price: str) -> tuple[int | None, int | None] | None:
    """Return a range's bounds in cents, both inclusive, as `price` has them; None if it is none."""
    low, dash, high = price.partition("-")
    digits = all(not each or (each.isdecimal() and len(each) < 12) for each in (low, high))
    if not dash or not digits or not (low or high):
        return None
    bounds = (int(low) if low else None, int(high) - 1 if high else None)
    is_range = None in bounds or bounds[0] <= bounds[1]  # type: ignore[operator]
    return bounds if is_range and (bounds[1] is None or bounds[1] >= 0) else None
