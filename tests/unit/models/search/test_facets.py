"""Counts of a search's facets, beside a full scan (models.search.facets)."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.facets import UNFILTERED, Band, round_price
from models.search.index import Index
from models.search.query import Search
from models.search.writing import write_shard

COLUMNS = {
    "category": "category_id",
    "brand": "brand",
    "seller": "seller_id",
    "in_stock": "in_stock",
}
CHOSEN = {"category": "category_ids", "brand": "brands", "seller": "seller_ids"}


def drawn(n):
    """Return products that are lamps, desks or both, of few values each."""
    random = np.random.default_rng(0)
    for product_id in range(1, n + 1):
        yield {
            "product_id": product_id,
            "title": ("desk lamp", "lamp", "desk")[random.integers(3)],
            "description": "",
            "category_id": int(random.integers(1, 4)) if random.random() < 0.9 else None,
            "category_path": None,
            "brand": f"Brand {random.integers(4)}" if random.random() < 0.8 else None,
            "seller_id": int(random.integers(1, 4)),
            "price_cents": int(np.exp(random.normal(7, 1))) + 1,
            "attributes": "{}",
            "in_stock": bool(random.random() < 0.7),
            "popularity": 0.0,
        }


DOCUMENTS = list(drawn(300))


@pytest.fixture(scope="module", params=[1, 3], ids="{} shards".format)
def index(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("facets")
    names = [f"shard-{number}" for number in range(request.param)]
    for number, name in enumerate(names):
        write_shard(folder / name, DOCUMENTS[number :: request.param])
    (folder / "manifest.json").write_text(json.dumps({"date": "-", "shards": names}))
    return Index.open(folder)


def scanned(search):
    """All documents that have all words of a search, or, if none has, any of them."""
    return [*having(search, all)] or [*having(search, any)]


def having(search, enough):
    words = search.text.split()
    for each in DOCUMENTS:
        of_values = all(
            not getattr(search, chosen) or each[COLUMNS[name]] in getattr(search, chosen)
            for name, chosen in CHOSEN.items()
        )
        low, high = search.min_price_cents or 0, search.max_price_cents or 10**9
        in_stock = search.in_stock is None or each["in_stock"] == search.in_stock
        named = not words or enough(word in each["title"].split() for word in words)
        if of_values and in_stock and named and low <= each["price_cents"] <= high:
            yield each


def some(values):
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


searches = st.builds(
    Search,
    text=st.sampled_from(["", "lamp", "desk", "desk lamp"]),
    category_ids=some([1, 2, 3]),
    brands=some([f"Brand {n}" for n in range(4)]),
    seller_ids=some([1, 2, 3]),
    in_stock=st.sampled_from([None, True, False]),
    min_price_cents=st.sampled_from([None, 500]),
    max_price_cents=st.sampled_from([None, 2_000]),
)


@given(searches)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
def test_counts_are_those_of_a_full_scan_under_the_other_filters(index, search):
    found = index.search(search)

    assert found.n_total == len(scanned(search))
    for name, column in COLUMNS.items():
        others = scanned(replace(search, **UNFILTERED[name]))
        counts = Counter(each[column] for each in others if each[column] is not None)
        assert dict(found.facets.values[name]) == counts, name
    prices = [each["price_cents"] for each in scanned(replace(search, **UNFILTERED["price"]))]
    for band in found.facets.prices:
        low, high = band.from_cents or 0, band.below_cents or 10**12
        assert band.n_products == sum(low <= price < high for price in prices)
    assert sum(band.n_products for band in found.facets.prices) == len(prices)


def test_bands_are_cut_near_the_fifths_at_round_prices(index):
    prices = np.array([each["price_cents"] for each in DOCUMENTS])

    bands = index.search(Search()).facets.prices

    assert (bands[0].from_cents, bands[-1].below_cents) == (None, None)
    assert [round_price(band.from_cents) for band in bands[1:]] == [b.from_cents for b in bands[1:]]
    assert all(0.1 < band.n_products / len(prices) < 0.35 for band in bands)


def test_what_all_cost_alike_is_one_band(tmp_path):
    write_shard(tmp_path / "s", [DOCUMENTS[0] | {"price_cents": 1}])
    (tmp_path / "manifest.json").write_text(json.dumps({"date": "-", "shards": ["s"]}))

    assert Index.open(tmp_path).search(Search()).facets.prices == [Band(1, None, 1)]


@pytest.mark.parametrize(
    ("cents", "expected"), [(1, 1), (7.4, 7), (12.4, 10), (13, 15), (128, 150), (2_700, 2_500), (99_999, 100_000)]
)  # fmt: skip
def test_prices_are_rounded_to_half_of_the_power_of_ten_below(cents, expected):
    assert round_price(cents) == expected
