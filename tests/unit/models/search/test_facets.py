"""Counts of a search's facets, beside a full scan (models.search.facets)."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.facets import STARS, UNFILTERED
from models.search.index import Index
from models.search.price_bands import Band, bands, price_step
from models.search.query import Search
from models.search.wishes import Pin, Wishes
from models.search.writing import write_shard
from tests.examples import examples

COLUMNS = {
    "category": "category_id",
    "brand": "brand",
    "seller": "seller_id",
    "in_stock": "in_stock",
}
CHOSEN = {"brand": "brands", "seller": "seller_ids"}


def attributes_of(random):
    """Some products have a colour, some a size, a few something that nobody chooses by."""
    drawn = {
        "colour": str(random.choice(["red", "blue", "green"])),
        "size": str(random.choice(["S", "L"])),
        "story": "once upon a time " * 10,
    }
    return {name: value for name, value in drawn.items() if random.random() < 0.7}


def drawn(n):
    """Return products that are lamps, desks or both, of few values each."""
    random = np.random.default_rng(0)
    for product_id in range(1, n + 1):
        yield {
            "product_id": product_id,
            "title": ("desk lamp", "lamp", "desk")[random.integers(3)],
            "description": "",
            "category_id": int(random.integers(1, 4)) if random.random() < 0.9 else None,
            "category_path": random.choice(["Home", "Home > Light", "Home > Wood", "Toys > Light"]),
            "brand": f"Brand {random.integers(4)}" if random.random() < 0.8 else None,
            "seller_id": int(random.integers(1, 4)),
            "price_cents": int(np.exp(random.normal(7, 1))) + 1,
            "attributes": json.dumps(attributes_of(random)),
            "in_stock": bool(random.random() < 0.7),
            "mean_rating": float(random.uniform(1, 5)) if random.random() < 0.7 else None,
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
        low, high = search.min_price_cents or 0, search.max_price_cents or 10**9
        if (
            all(
                not getattr(search, chosen) or each[COLUMNS[name]] in getattr(search, chosen)
                for name, chosen in CHOSEN.items()
            )
            and in_a_category(search, each)
            and (search.in_stock is None or each["in_stock"] == search.in_stock)
            and (each["mean_rating"] or 0) >= (search.min_stars or 0)
            and has_attributes(search, json.loads(each["attributes"]))
            and (not words or enough(word in each["title"].split() for word in words))
            and low <= each["price_cents"] <= high
        ):
            yield each


def in_a_category(search, each):
    below = any(
        f"{each['category_path']} > ".startswith(f"{path} > ") for path in search.category_paths
    )
    anything = not search.category_ids and not search.category_paths
    return anything or below or each["category_id"] in search.category_ids


def has_attributes(search, attributes):
    names = {name for name, _ in search.attributes}
    return all((name, attributes.get(name)) in search.attributes for name in names)


def some(values):
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


searches = st.builds(
    Search,
    text=st.sampled_from(["", "lamp", "desk", "desk lamp"]),
    category_ids=some([1, 2, 3]),
    category_paths=some(["Home", "Home > Light", "Toys"]),
    min_stars=st.sampled_from([None, 3]),
    attributes=some([("colour", "red"), ("colour", "blue"), ("size", "S")]),
    brands=some([f"Brand {n}" for n in range(4)]),
    seller_ids=some([1, 2, 3]),
    in_stock=st.sampled_from([None, True, False]),
    min_price_cents=st.sampled_from([None, 500]),
    max_price_cents=st.sampled_from([None, 2_000]),
)


def assert_facets_are_of_a_scan(index, search):
    """The one check: every count is that of a scan of all products under the other filters."""
    found = index.search(search)
    facets = found.facets

    assert found.n_total == len(scanned(search))
    for name, column in COLUMNS.items():
        others = scanned(replace(search, **UNFILTERED[name]))
        counts = Counter(each[column] for each in others if each[column] is not None)
        assert dict(facets.values[name]) == counts, name
    prices = [each["price_cents"] for each in scanned(replace(search, **UNFILTERED["price"]))]
    for band in facets.prices:
        low, high = band.from_cents or 0, band.below_cents or 10**12
        assert band.n_products == sum(low <= price < high for price in prices)
    assert sum(band.n_products for band in facets.prices) == len(prices)
    others = scanned(replace(search, **UNFILTERED["level"]))
    paths = Counter(path for each in others for path in levels_of(each["category_path"]))
    assert dict(facets.values["level"]) == paths
    rated = [each["mean_rating"] or 0 for each in scanned(replace(search, min_stars=None))]
    assert facets.stars == [(n, sum(rating >= n for rating in rated)) for n in STARS]
    for name in ("colour", "size"):
        chosen = tuple(each for each in search.attributes if each[0] != name)
        others = scanned(replace(search, attributes=chosen))
        values = [json.loads(each["attributes"]).get(name) for each in others]
        assert dict(facets.attributes.get(name, {})) == Counter(filter(None, values))


@given(searches)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=examples(60),
    deadline=None,
)
def test_counts_are_those_of_a_full_scan_under_the_other_filters(index, search):
    assert_facets_are_of_a_scan(index, search)


@given(searches, st.sampled_from([1, 2, 3, 4, 5, 6]))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
def test_a_pinned_product_is_counted_in_stock_and_prices_where_filters_let_it_through(
    index, search, product_id
):
    found = index.search(search, wishes=Wishes(pins=[Pin(1, product_id, 7)])).facets

    def expected(name):
        others = replace(search, **UNFILTERED[name])
        pinned = [
            each
            for each in having(replace(others, text=""), all)
            if each["product_id"] == product_id
        ]
        return {each["product_id"]: each for each in [*scanned(others), *pinned]}.values()

    assert dict(found.values["in_stock"]) == Counter(
        each["in_stock"] for each in expected("in_stock")
    )
    assert sum(band.n_products for band in found.prices) == len(expected("price"))


def levels_of(path):
    names = path.split(" > ")
    return [" > ".join(names[: n + 1]) for n in range(len(names))]


def test_what_is_too_long_to_choose_by_is_no_facet(index):
    assert set(index.search(Search()).facets.attributes) == {"colour", "size"}


def test_bands_are_cut_near_the_fifths_at_round_prices(index):
    found = index.search(Search()).facets.prices

    assert (found[0].from_cents, found[-1].below_cents) == (None, None)
    assert [price_step(band.from_cents) for band in found[1:]] == [b.from_cents for b in found[1:]]
    assert all(0.1 < band.n_products / len(DOCUMENTS) < 0.35 for band in found)


def test_a_cut_is_the_round_price_nearest_to_a_fifth():
    """Below 10 are 19 of 100, below 15 are 39, below 20 are 90: nearest to 60 % is 15 again."""
    counts = {5: 19, 10: 20, 15: 51, 20: 10}

    assert bands(counts) == [
        Band(None, 10, 19),
        Band(10, 15, 20),
        Band(15, 20, 51),
        Band(20, None, 10),
    ]


def test_what_all_cost_alike_is_one_band(tmp_path):
    write_shard(tmp_path / "s", [DOCUMENTS[0] | {"price_cents": 1}])
    (tmp_path / "manifest.json").write_text(json.dumps({"date": "-", "shards": ["s"]}))

    assert Index.open(tmp_path).search(Search()).facets.prices == [Band(None, None, 1)]


@pytest.mark.parametrize(
    ("cents", "expected"),
    [(0, 0), (1, 1), (7, 7), (12, 10), (15, 15), (128, 100), (2_700, 2_500), (99_999, 95_000)],
)
def test_prices_are_rounded_down_to_half_of_the_power_of_ten_below(cents, expected):
    assert price_step(cents) == expected
