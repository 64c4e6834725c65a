"""Searching the published index page by page."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from features.schemas.row import Id
from models.search.explaining import explained
from models.search.index import MAX_WINDOW, Found, Index
from models.search.query import Search
from models.search.second_stage import Beside, Order, SecondStage
from models.search.suggesting import named, suggestions
from models.search.wishes import Wishes
from serving.answers.log import AnswerLog, json_text
from serving.errors import NotInAnswerProblem, UnknownProductProblem
from serving.search.compiling import SearchRules
from serving.search.kept import KeptPage, KeptSearches, Named, PageKey
from serving.search.opensearch import WithFallback
from serving.search.pages import page_of
from serving.search.personal import EVERYBODYS, Manner
from serving.search.recorded import Asked, row_asked, row_found, rules
from serving.search.schemas import (
    Filters,
    Product,
    ProductQuery,
    SearchWhy,
    SuggestedCategory,
    SuggestedProduct,
    SuggestedQuery,
    SuggestionPage,
    SuggestionQuery,
)
from serving.search.why import search_why
from web import cursors

N_SUGGESTED_PRODUCTS, N_SUGGESTED_CATEGORIES = 3, 3
N_BEST = 20
"""Finds whose categories are suggested."""
N_NEAR = 50
"""Products near a query in meaning that may follow what has its words."""
PLACE = TypeAdapter(tuple[Annotated[int, Field(ge=0, le=MAX_WINDOW)], Id])


@dataclass(frozen=True)
class SearchService:
    """Answers from one version of the index and the rules, the same for the whole request.

    `searched` is the index itself, or a cluster in front of it; `order` is the second stage's, and
    `beside` another one that an experiment shows with it as one list. `kept` has earlier answers of this
    index under these rules; without it none are kept.
    """

    index: Index
    rules: SearchRules
    searched: Index | WithFallback
    order: Order
    answers: AnswerLog
    now: dt.datetime
    beside: Beside | None = None
    kept: KeptSearches | None = None

    def page(self, asked: Asked, search: Search, manner: Manner = EVERYBODYS) -> dict[str, Any]:
        """Return the page that the cursor asked for points to, or the first, as `schemas.ProductPage` describes it.

        A cursor holds a place in the list and the last product before it. It outlives changes of products
        and a swap of the index: the page goes on behind that product, unless the list was turned over.

        Raises
        ------
        BadCursorProblem
            If the cursor is not from a search like this one.
        """
        started, listing = perf_counter(), _key(search, manner)
        offset, after = _place(asked.cursor, listing)
        key = PageKey(search, offset, after, asked.limit, self.order.name)
        kept = self._kept_page(key, manner)
        if kept is None:
            kept = self._found_page(key, manner, listing)
            if self.kept is not None and self._is_everybodys(manner):
                self.kept.pages.put(key, kept.packed())
        row = {**kept.row, **row_asked(asked, manner)}
        return {**kept.page, "answer_id": self.answers.leave(self.now, started, row)}

    def has_page(self, asked: Asked, search: Search, manner: Manner) -> bool:
        """Return whether a page is kept, so that it is there without a search; of first pages alone."""
        key = PageKey(search, 0, None, asked.limit, self.order.name)
        return asked.cursor is None and self._kept_page(key, manner) is not None

    def _kept_page(self, key: PageKey, manner: Manner) -> KeptPage | None:
        return self.kept.pages.get(key) if self.kept and self._is_everybodys(manner) else None

    def _is_everybodys(self, manner: Manner) -> bool:
        return manner == EVERYBODYS and self.beside is None

    def _found_page(self, key: PageKey, manner: Manner, listing: str) -> KeptPage:
        search = key.search
        wanted = self.rules.of(search.text)
        wishes = self._wishes(search, wanted.wishes, manner)
        found = self.searched.search(search, key.offset, key.limit, wishes, after=key.after)
        row = row_found(search, found, self.index.signals) | {
            "applied_rules": json_text(rules(found, wanted.redirect_url)),
            "search_order": self.order.name,
            "index_date": self.index.manifest["date"],
        }
        page = page_of(found) | {
            "next_cursor": _next(found, listing),
            "index_date": self.index.manifest["date"],
            "redirect_url": wanted.redirect_url,
        }
        return KeptPage(page, row)

    def _wishes(self, search: Search, of_rules: Wishes, manner: Manner) -> Wishes:
        acts = manner.personal.acts if manner.personal else None
        near = self.index.near(search.text, N_NEAR) if manner.semantic else ()
        second_stage = SecondStage(self.order, acts, beside=self.beside)
        return replace(of_rules, second_stage=second_stage, near=tuple(near))

    def why(self, search: Search, product_id: int, manner: Manner) -> SearchWhy:
        """Return why a product stands where it does, by the embedded index.

        Raises
        ------
        NotInAnswerProblem
            If the search does not find it.
        """
        wishes = self._wishes(search, self.rules.of(search.text).wishes, manner)
        found = explained(self.index, search, product_id, wishes)
        if found is None:
            raise NotInAnswerProblem(product_id)
        acts = manner.personal.acts if manner.personal else None
        return search_why(product_id, found, acts, self.index.manifest["date"])

    def suggestions(self, query: SuggestionQuery) -> SuggestionPage:
        """Return how a query may go on; where nothing goes on, what it finds as it is."""
        found = suggestions(self.index, query.q, query.limit)
        categories, products = self._named(found[0].text if found else query.q)
        return SuggestionPage(
            suggestions=[SuggestedQuery(text=s.text, n_products=s.n_products) for s in found],
            categories=list(categories),
            products=list(products),
            index_date=self.index.manifest["date"],
        )

    def suggestions_as_json(self, query: SuggestionQuery) -> bytes:
        """Return suggestions as they are sent, and keep them."""
        body = self.suggestions(query).model_dump_json().encode()
        if self.kept is not None:
            self.kept.suggestions.put((query.q, query.limit), body)
        return body

    def kept_suggestions(self, query: SuggestionQuery) -> bytes | None:
        """Return what is kept of `suggestions_as_json`."""
        return self.kept.suggestions.get((query.q, query.limit)) if self.kept else None

    def _named(self, text: str) -> Named:
        """Return the categories and the first of the products that are called so; many prefixes lead to one text."""
        known = self.kept.named.get(text) if self.kept else None
        if known is not None:
            return known
        best = named(self.index, text, N_BEST, self.rules.of(text).wishes).documents
        shown = [
            SuggestedProduct(product_id=each["product_id"], title=each["title"])
            for each in best[:N_SUGGESTED_PRODUCTS]
        ]
        found = _categories(best), shown
        if self.kept is not None:
            self.kept.named.put(text, found)
        return found

    def product(self, product_id: int) -> Product:
        """Return a product.

        Raises
        ------
        UnknownProductProblem
            If the index does not have it.
        """
        document = self.index.products([product_id]).get(product_id)
        if document is None:
            raise UnknownProductProblem(product_id)
        return product(document)


def as_search(query: ProductQuery) -> Search:
    """Return the search that query parameters ask for."""
    of_filters = in_category(query, *query.category)
    return replace(of_filters, text=query.q, category_paths=tuple(query.category_path))


def in_category(filters: Filters, *category_ids: int) -> Search:
    """Return the listing of categories that filters ask for."""
    return Search(
        category_ids=category_ids,
        seller_ids=tuple(filters.seller),
        brands=tuple(filters.brand),
        min_price_cents=filters.min_price,
        max_price_cents=filters.max_price,
        in_stock=filters.in_stock,
        min_stars=filters.min_stars,
        attributes=tuple(_attribute(each) for each in filters.attribute),
        sort=filters.sort,
    )


def _attribute(chosen: str) -> tuple[str, str]:
    name, _, value = chosen.partition("=")
    return name, value


def product(document: Mapping[str, Any]) -> Product:
    """Return a document of the index as the API shows it."""
    return Product.model_validate(document)


def _key(search: Search, manner: Manner) -> str:
    """Return what a cursor belongs to: a customer's list is not everybody's."""
    manner = manner.asked or manner
    if manner == EVERYBODYS:
        return repr(search)
    owner = manner.personal and manner.personal.owner
    return f"{search!r} for {owner}, semantic: {manner.semantic}"


def _place(cursor: str | None, listing: str) -> tuple[int, int | None]:
    return (0, None) if cursor is None else cursors.decode(cursor, listing, PLACE)


def _next(found: Found, listing: str) -> str | None:
    if found.is_last or not found.documents:
        return None
    end = found.start + len(found.documents)
    return cursors.encode([end, found.documents[-1]["product_id"]], listing)


def _categories(documents: Sequence[Mapping[str, Any]]) -> list[SuggestedCategory]:
    """Return the categories that most of some products are of."""
    known = [each for each in documents if each["category_id"] is not None]
    paths = {each["category_id"]: each["category_path"] for each in known}
    counts = Counter(each["category_id"] for each in known)
    return [
        SuggestedCategory(category_id=category_id, path=paths[category_id])
        for category_id, _ in counts.most_common(N_SUGGESTED_CATEGORIES)
    ]
