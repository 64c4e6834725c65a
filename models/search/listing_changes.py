"""A listing with what products are now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.search.documents import SCHEMA, Document
from models.search.listing import COLUMNS, NONE, Ids, Listing


def changed(listing: Listing, documents: Mapping[int, Document | None]) -> Listing:
    """Return the listing with what these products are now; None is gone."""
    now = [document for document in documents.values() if document is not None]
    known = listing.places(_ids(now))
    new = [each for each, at in zip(now, known, strict=True) if at < 0]
    whole = _joined(listing, new) if new else listing
    gone = whole.places(np.array([i for i, each in documents.items() if each is None], np.int64))
    return _with(whole, now, gone[gone >= 0])


def _ids(documents: Sequence[Document]) -> Ids:
    return np.array([each["product_id"] for each in documents], np.int64)


def _joined(listing: Listing, new: Sequence[Document]) -> Listing:
    schema = pa.schema([SCHEMA.field(name) for name in COLUMNS])
    rows = [{name: each[name] for name in COLUMNS} for each in new]
    table = pa.concat_tables([_table(listing, schema), pa.Table.from_pylist(rows, schema)])
    return replace(Listing.of_table(table), renamed=listing.renamed)


def _table(listing: Listing, schema: pa.Schema) -> pa.Table:
    columns = [
        listing.product_ids,
        listing.titles,
        listing.category_ids,
        listing.seller_ids,
        listing.price_cents,
        listing.in_stock,
        listing.popularity,
    ]
    return pa.Table.from_arrays([pa.array(each) for each in columns], schema=schema)


def _with(listing: Listing, now: Sequence[Document], gone: Ids) -> Listing:
    places = listing.places(_ids(now))

    def column(before: NDArray[Any], name: str) -> NDArray[Any]:
        after = before.copy()
        after[places] = [NONE if each[name] is None else each[name] for each in now]
        return after

    in_stock = column(listing.in_stock, "in_stock")
    in_stock[gone] = False
    return replace(
        listing,
        category_ids=column(listing.category_ids, "category_id"),
        seller_ids=column(listing.seller_ids, "seller_id"),
        price_cents=column(listing.price_cents, "price_cents"),
        in_stock=in_stock,
        renamed={**listing.renamed, **{each["product_id"]: each["title"] for each in now}},
    )
