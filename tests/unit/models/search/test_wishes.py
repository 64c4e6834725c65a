"""Operators' pins, weights and hidings in an index's answers (models.search.wishes, placing)."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.search import building, hiding, placing
from models.search import index as index_module
from models.search.query import Search, Things
from models.search.wishes import NO_WISHES, Pin, Weights, Wishes
from tests.examples import examples
from tests.unit.models.search.products import build_index, documents

N_PRODUCTS = 6
IDS = st.integers(1, N_PRODUCTS + 1)  # one more than there are


@pytest.fixture(scope="module", params=[1, 2], ids=lambda n: f"{n} shards")
def index(request, tmp_path_factory):
    found = list(documents())
    return build_index(
        tmp_path_factory.mktemp("wishes"), [found[n :: request.param] for n in range(request.param)]
    )


def pins(*places_and_products):
    return tuple(Pin(place, id_, 100 + id_) for place, id_ in places_and_products)


def weights(column, factors):
    return Weights({column: {value: (factor, (7,)) for value, factor in factors.items()}})


def ids(found):
    return [each["product_id"] for each in found.documents]


@pytest.mark.parametrize(
    ("pinned", "product_ids", "n_total", "n_full"),
    [
        ([(1, 4)], [4, 1, 3, 6, 2], 2, 2),  # shoes are no desk lamp: pinned all the same
        ([(1, 1)], [1, 3, 6, 2], 1, 1),  # where it is anyway, once
        ([(3, 1)], [3, 6, 1, 2], 1, 0),  # what has all words goes behind what has not
        ([(2, 4), (1, 5)], [5, 4, 1, 3, 6, 2], 3, 3),
        ([(9, 4)], [1, 3, 6, 2, 4], 2, 1),  # beyond the list is its end
        ([(1, 99)], [1, 3, 6, 2], 1, 1),  # not in the index
    ],
)
def test_a_pinned_product_stands_at_its_place_and_is_counted_once(
    index, pinned, product_ids, n_total, n_full
):
    found = index.search(Search("desk lamp"), wishes=Wishes(pins=pins(*sorted(pinned))))

    rest = [each for each in product_ids if each in {3, 6, 2}]
    expected = {each for each in product_ids if each not in rest}
    assert [i for i, each in enumerate(ids(found)) if each in expected] == [
        i for i, each in enumerate(product_ids) if each in expected
    ]
    assert sorted(ids(found)) == sorted(product_ids)
    assert (found.n_total, found.n_full) == (n_total, n_full)


def test_where_nothing_has_all_words_a_pin_is_counted_with_what_has_some(index):
    found = index.search(Search("lamp zeppelin"), wishes=Wishes(pins=pins((1, 4))))

    assert ids(found)[0] == 4
    assert (found.n_total, found.n_full, len(found.documents)) == (4, 1, 4)
    assert found.facets.values["in_stock"] == [(1, 3), (0, 1)]


def test_filters_hold_for_pins_too_and_facets_count_them_under_the_others(index):
    pinned = Wishes(pins=pins((1, 4)))

    lumo = index.search(Search("lamp", brands=("Lumo",)), wishes=pinned)

    assert 4 not in ids(lumo)
    assert lumo.n_total == 3
    assert dict(lumo.facets.values["brand"]) == {"Lumo": 3, "Fleet": 1}


@pytest.mark.parametrize("sort", ["price_asc", "price_desc", "popularity"])
def test_in_other_orders_nothing_is_pinned_or_weighed(index, sort):
    wishes = Wishes(pins=pins((1, 5)), weights=[weights("product_id", {3: 10.0})])

    plain = index.search(Search("lamp", sort=sort))
    wished = index.search(Search("lamp", sort=sort), wishes=wishes)

    assert wished == plain


@pytest.mark.parametrize(
    ("things", "product_ids"),
    [
        (Things(product_ids=(3, 77)), {1, 6}),
        (Things(category_ids=(10,)), {6}),
        (Things(seller_ids=(2,)), {6}),
        (Things(brands=("Lumo",)), set()),
        (Things(product_ids=(1,), category_ids=(50,)), {3}),
    ],
)
def test_what_is_hidden_is_neither_found_nor_counted_nor_pinned(index, things, product_ids):
    wishes = Wishes(hidden=(things,), pins=pins((1, 3)))

    for sort in ("relevance", "price_asc"):
        found = index.search(Search("lamp", sort=sort), wishes=wishes)
        assert set(ids(found)) == product_ids
        assert found.n_total == sum(n for _, n in found.facets.values["category"])
        assert found.n_total == len(product_ids)


@pytest.mark.parametrize(
    ("column", "value"), [("product_id", 6), ("category_id", 50), ("seller_id", 1)]
)
def test_what_is_boosted_comes_first_and_what_is_buried_last(index, column, value):
    """Of the lamps 6, the clock, is the last; it is seller 1's alone."""
    boosted = Wishes(weights=[weights(column, {value: 10.0})])
    both = Wishes(weights=[weights(column, {value: 10.0}), weights("product_id", {6: 0.1})])

    plain = index.search(Search("lamp"))
    found = index.search(Search("lamp"), wishes=boosted)

    assert (ids(plain)[-1], ids(found)[0]) == (6, 6)
    assert found.scores[0] == pytest.approx(10 * plain.scores[-1])
    assert ids(index.search(Search("lamp"), wishes=both)) == ids(plain)


def test_a_brand_is_weighed_too_and_so_is_the_order_of_everything(index):
    """By popularity: 2 of Holz, 4 of Fleet, 1, 6 and 3 of Lumo, 5 of nobody."""
    wishes = Wishes(weights=[weights("brand", {"Fleet": 2.0, "Lumo": 0.1})])

    assert ids(index.search(Search(), wishes=wishes)) == [4, 2, 1, 6, 3, 5]


def test_weights_reach_as_far_as_their_window_and_no_farther(index, monkeypatch):
    for module in (placing, index_module):
        monkeypatch.setattr(module, "N_WEIGHED", 3)
    wishes = Wishes(weights=[weights("product_id", {1: 10.0, 3: 10.0})])

    found = index.search(Search(), wishes=wishes)

    assert ids(found) == [1, 2, 4, 6, 3, 5]  # 3 was the fifth


def test_the_rules_that_made_an_answer_are_named(index):
    wishes = Wishes(
        pins=pins((1, 4), (2, 99)),
        weights=[weights("product_id", {1: 2.0}), weights("brand", {"Nobody": 2.0})],
        rule_ids=(3,),
    )

    assert index.search(Search("lamp"), wishes=wishes).applied_rules == [3, 7, 104]
    behind = index.search(Search("lamp"), 3, 1, wishes=wishes)  # without 1
    assert behind.applied_rules == [3, 104]
    assert index.search(Search("lamp")).applied_rules == []


def test_without_wishes_nothing_is_other(index):
    assert index.search(Search("desk lamp"), wishes=NO_WISHES) == index.search(Search("desk lamp"))


@st.composite
def wishes(draw):
    factors = st.dictionaries(IDS, st.sampled_from([0.1, 0.5, 2.0, 10.0]), max_size=4)
    places = draw(st.lists(st.integers(1, 8), unique=True, max_size=4))
    pinned = draw(st.lists(IDS, unique=True, min_size=len(places), max_size=len(places)))
    return Wishes(
        pins=pins(*sorted(zip(places, pinned, strict=True))),
        hidden=draw(st.sampled_from([(), (Things(product_ids=(3,)), Things(seller_ids=(1,)))])),
        weights=draw(st.sampled_from([(), (weights("product_id", draw(factors)),)])),
    )


SEARCHES = st.builds(
    Search,
    text=st.sampled_from(
        ["", "lamp", "desk lamp", "lamp zeppelin", "shoes torch desk", "zeppelin"]
    ),
    brands=st.sampled_from([(), (), ("Lumo",)]),
    sort=st.sampled_from(["relevance", "relevance", "price_asc"]),
)


@given(
    search=SEARCHES,
    wanted=wishes(),
    size=st.sampled_from([1, 2, 3, 7]),
    n_weighed=st.integers(1, 6),
    n_few=st.sampled_from([0, 20]),
)
@example(
    search=Search(),
    wanted=Wishes(weights=[weights("product_id", {1: 10.0})]),
    size=1,
    n_weighed=4,
    n_few=20,
)
@example(  # a pin that is hidden, and has no word of the search
    search=Search("shoes"),
    wanted=Wishes(pins=pins((1, 3)), hidden=(Things(product_ids=(3,), seller_ids=(1,)),)),
    size=1,
    n_weighed=4,
    n_few=0,
)
@settings(max_examples=examples(60))
def test_pages_hold_each_product_once_and_pins_at_their_places(
    index, search, wanted, size, n_weighed, n_few
):
    """Whatever operators want, pages put together are one list."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (placing, index_module):
            patch.setattr(module, "N_WEIGHED", n_weighed)
        patch.setattr(hiding, "N_FEW", n_few)
        patch.setattr(building, "MAX_TERMS", n_few)
        plain = ids(index.search(search, 0, 20))
        whole = index.search(search, 0, 20, wanted)
        pages = paged(index, search, wanted, size)

    found = [each for page in pages for each in ids(page)]
    shown = shown_pins(search, wanted)
    assert found == ids(whole)
    assert len(pages) == max(-(-len(found) // size), 1)  # none of them empty
    assert {page.n_total for page in pages} == {whole.n_total}
    assert sum(page.n_full for page in pages) == whole.n_full
    assert whole.n_total == sum(n for _, n in whole.facets.values["in_stock"])
    assert len(found) == len(set(found))
    assert set(shown) <= set(found)
    assert all(is_seen(each, wanted) for each in found)
    if not wanted.hidden:
        assert set(found) == set(plain) | set(shown)
    for product_id, place in shown.items():
        at = found.index(product_id)
        is_at_the_end = place > at + 1 and set(found[at:]) <= set(shown)
        assert at == place - 1 or is_at_the_end
    if not wanted.hidden and not wanted.weights:
        others = [each for each in found if each not in shown]
        assert others == [each for each in plain if each not in shown]


def paged(index, search, wanted, size):
    pages, is_last = [], False
    while not is_last:
        pages.append(index.search(search, size * len(pages), size, wanted))
        is_last = pages[-1].is_last
    return pages


def is_seen(product_id, wanted):
    """Hidden, if anything, are product 3 and seller 1's, which are the even ones."""
    return not wanted.hidden or (product_id != 3 and product_id % 2 == 1)


def shown_pins(search, wanted):
    """Return place by product of the pins that are there, let through and not hidden."""
    let_through = {1, 3, 6} if search.brands else set(range(1, N_PRODUCTS + 1))
    return {
        pin.product_id: pin.place
        for pin in wanted.pins
        if search.sort == "relevance"
        and pin.product_id in let_through
        and is_seen(pin.product_id, wanted)
    }
