"""A published index that takes changes (models.search.fork)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.fork import LOCK, Fork, own_folder
from models.search.index import Index
from models.search.query import Search
from tests.examples import examples
from tests.unit.models.search.products import document, index_of, write_index

PRODUCTS = [
    document(1, "Red lamp", price_cents=500, brand="Lumo"),
    document(2, "Blue lamp", price_cents=700, brand="Lumo"),
    document(3, "Oak desk", price_cents=9_000),
]


@pytest.fixture
def published(tmp_path):
    write_index(tmp_path / "published", PRODUCTS)
    return tmp_path / "published"


@pytest.fixture
def fork(published, tmp_path):
    fork = Fork.of(published, tmp_path / "copy")
    yield fork
    fork.close()


def ids(index, text="", **options):
    return [each["product_id"] for each in index.search(Search(text, **options)).documents]


def test_a_changed_price_is_filtered_sorted_counted_and_shown(fork):
    index = fork.apply({1: PRODUCTS[0] | {"price_cents": 900}})

    assert ids(index, "lamp", sort="price_asc") == [2, 1]
    assert ids(index, "lamp", max_price_cents=800) == [2]
    assert index.product(1)["price_cents"] == 900
    assert index.search(Search("red")).documents[0]["price_cents"] == 900
    assert index.search(Search("lamp")).facets.values["brand"] == [("Lumo", 2)]
    assert index.listing.price_cents.tolist() == [900, 700, 9_000]


def test_what_was_counted_before_a_change_is_counted_again(fork):
    before = fork.index.search(Search("lamp"), limit=1).facets.values["brand"]
    index = fork.apply({1: PRODUCTS[0] | {"brand": "Orlo"}})

    assert before == [("Lumo", 2)]
    assert index.search(Search("lamp")).facets.values["brand"] == [("Lumo", 1), ("Orlo", 1)]


def test_what_is_sold_out_is_not_in_stock_anywhere(fork):
    index = fork.apply({2: PRODUCTS[1] | {"in_stock": False}})

    assert ids(index, "lamp", in_stock=True) == [1]
    assert index.listing.most_popular.tolist() == [1, 3]


def test_what_is_gone_is_found_nowhere_and_comes_back(fork):
    gone = fork.apply({1: None})
    back = fork.apply({1: PRODUCTS[0]})

    assert ids(gone, "lamp") == [2]
    assert gone.products([1, 2]).keys() == {2}
    assert gone.listing.in_stock.tolist() == [False, True, True]
    assert set(ids(back, "lamp")) == {1, 2}
    assert back.listing.in_stock.tolist() == [True, True, True]


def test_a_new_product_is_found_by_words_that_nothing_had(fork):
    index = fork.apply({9: document(9, "Zircon lampion")})

    assert ids(index, "zircon") == [9]
    assert index.search(Search("zirconn")).corrections == {"zirconn": "zircon"}
    assert index.listing.titles_of([9, 1]) == {9: "Zircon lampion", 1: "Red lamp"}
    assert index.n_documents == 4


def test_a_snapshot_stays_as_it_was_and_so_does_what_is_published(fork, published):
    before = fork.index

    fork.apply({1: None, 2: PRODUCTS[1] | {"title": "Green chair"}})
    fork.close()

    for index in (before, Index.open(published)):
        assert set(ids(index, "lamp")) == {1, 2}
        assert index.product(2)["title"] == "Blue lamp"


def test_what_is_as_it_was_changes_nothing(fork):
    before = fork.index

    assert fork.apply({1: dict(PRODUCTS[0]), 77: None}) is before


def products():
    title = st.sampled_from(["red lamp", "blue lamp", "desk", "lamp desk"])
    return st.builds(
        lambda title, cents, in_stock: {
            "title": title, "price_cents": cents, "in_stock": in_stock,
        },
        title, st.integers(1, 2_000), st.booleans(),
    )  # fmt: skip


@given(st.lists(st.dictionaries(st.integers(1, 8), st.none() | products(), max_size=4), max_size=6))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=examples(20),
    deadline=None,
)
def test_after_any_changes_it_answers_as_an_index_of_what_is_there(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("fork")
    first = [document(n, "red lamp") for n in range(1, 6)]
    write_index(folder / "published", first)
    fork = Fork.of(folder / "published", folder / "copy")
    there = {each["product_id"]: each for each in first}
    for step in steps:
        changes = {n: values and document(n, **values) for n, values in step.items()}
        there = {n: each for n, each in (there | changes).items() if each is not None}
        fork.apply(changes)
    anew = index_of(folder / "anew", list(there.values()))

    for search in (
        Search("lamp"),
        Search("blue desk"),
        Search(max_price_cents=1_000, in_stock=True),
    ):
        found, expected = fork.index.search(search), anew.search(search)
        assert found.n_total == expected.n_total
        assert by_id(found) == by_id(expected)
        assert found.facets == expected.facets
    fork.close()


def by_id(found):
    return {each["product_id"]: each for each in found.documents}


def test_a_process_keeps_its_folder_and_the_next_removes_what_a_killed_one_left(tmp_path):
    root = tmp_path / "copies"
    code = (
        "import os, sys; from pathlib import Path; from models.search.fork import own_folder\n"
        "with own_folder(Path(sys.argv[1])): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(root / "killed")], check=False, cwd=Path.cwd())
    assert (root / "killed" / LOCK).exists()

    with own_folder(root / "one"), own_folder(root / "two"):
        assert {each.name for each in root.iterdir()} == {"one", "two"}
    assert list(root.iterdir()) == []


def test_a_broken_index_is_not_forked(published, tmp_path):
    (published / "manifest.json").write_text(json.dumps({"shards": ["none"]}))

    with pytest.raises(Exception, match="none"):
        Fork.of(published, tmp_path / "copy")


@pytest.mark.parametrize("sort", ["price_asc", "popularity"])
@given(
    st.lists(st.dictionaries(st.integers(1, 60), st.sampled_from(["gone", "new"]), max_size=9)),
    st.integers(1, 9),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=examples(12),
    deadline=None,
)
def test_pages_go_on_behind_the_last_product_whatever_came_or_went(
    tmp_path_factory, sort, steps, size
):
    """Products 1 to 40 are there at first; of those that stay so, each comes once."""
    folder = tmp_path_factory.mktemp("pages")
    write_index(folder / "published", [priced(n) for n in range(1, 41)])
    fork = Fork.of(folder / "published", folder / "copy")
    search, found, offset, after, is_last = Search("lamp", sort=sort), [], 0, None, False
    changes = iter(steps)
    while not is_last:
        page = fork.index.search(search, offset, size, after=after)
        found += [each["product_id"] for each in page.documents]
        offset, is_last = page.start + len(page.documents), page.is_last
        after = found[-1] if found else None
        step = next(changes, {})
        # The last product shown has to stay, to go on behind it.
        fork.apply({n: None if to == "gone" else priced(n) for n, to in step.items() if n != after})
    fork.close()

    changed = {n for step in steps for n in step}
    steady = [n for n in found if n not in changed]
    assert len(steady) == len(set(steady))
    assert set(steady) == set(range(1, 41)) - changed


def priced(n):
    """A lamp whose price, popularity and length of name have orders of their own."""
    return document(
        n,
        "lamp " + "x" * (n % 7) * (n > 7),
        price_cents=n * 37 % 1_000 + 1,
        popularity=n * 17.0 % 61,
    )
