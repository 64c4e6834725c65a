"""All products of an index as columns (models.search.listing)."""

import numpy as np
import pytest

from models.search.documents import Documents
from models.search.listing import COLUMNS, NONE, Listing
from models.search.writing import write_shard

#          id  title   category seller cents in stock popularity
PRODUCTS = [
    (30, "Lamp", 1, 7, 500, True, 2.0),
    (10, "Chair", None, None, 900, True, 5.0),
    (20, "Table", 1, 8, 700, False, 9.0),
]
OTHERS = {
    "description": "not of the listing",
    "category_path": None,
    "brand": None,
    "attributes": "{}",
}


def document(values):
    return dict(zip(COLUMNS, values, strict=True)) | OTHERS


@pytest.fixture
def listing(tmp_path):
    """Two shards, their products in no order."""
    shards = [tmp_path / "a", tmp_path / "b"]
    for shard, some in zip(shards, (PRODUCTS[:2], PRODUCTS[2:]), strict=True):
        write_shard(shard, map(document, some))
    return Listing.of([Documents.open(shard) for shard in shards])


def test_products_of_all_shards_stand_by_rising_id(listing):
    assert listing.product_ids.tolist() == [10, 20, 30]
    assert listing.category_ids.tolist() == [NONE, 1, 1]
    assert listing.seller_ids.tolist() == [NONE, 8, 7]
    assert listing.price_cents.tolist() == [900, 700, 500]
    assert listing.in_stock.tolist() == [True, False, True]


def test_places_are_found_and_the_unknown_have_none(listing):
    assert listing.places(np.array([30, 5, 10, 99])).tolist() == [2, -1, 0, -1]
    assert listing.titles_of([20, 99]) == {20: "Table"}


def test_the_most_popular_are_in_stock(listing):
    assert listing.most_popular.tolist() == [10, 30]


def test_an_empty_index_lists_nothing():
    listing = Listing.of([])

    assert listing.places(np.array([1])).tolist() == [-1]
    assert listing.most_popular.tolist() == []


def test_a_shard_without_its_documents_is_no_shard(tmp_path):
    with pytest.raises(OSError, match="documents"):
        Documents.open(tmp_path)
