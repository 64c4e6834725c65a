"""Writing and searching an index (models.search)."""

import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.index import FIELD_SORTS, BadIndexError, Index
from models.search.query import Search, n_parts_required
from models.search.writing import write_shard

PRODUCTS = """
    id | title                  | category            | brand    | cents | stock | popularity | sold | stars | since
    1  | Red desk lamp          | 10 Home > Lamps     | Lumo     | 2000  | yes   | 5          | 3    | 4.5   | 2026-01-01
    2  | Desk with drawers      | 20 Home > Desks     | Holz     | 9000  | yes   | 9          | 2    | 3.2   | 2026-01-03
    3  | Lamp shade             | 10 Home > Lamps     | Lumo     | 500   | no    | 1          | 0    |       | 2026-01-04
    4  | Running shoes for men  | 30 Sport > Shoes    | Fleet    | 7000  | yes   | 7          | 9    | 4.0   | 2026-01-05
    5  | Crème brûlée torch     | 40 Home > Kitchen   |          | 3000  | yes   | 0          | 1    | 5.0   | 2026-01-02
    6  | Wall clock             | 50 Home > Clocks    | Lumo     | 2500  | yes   | 2          | 4    |       | 2026-01-06
"""


def documents():
    header, *lines = (line.strip() for line in PRODUCTS.strip().splitlines())
    names = [name.strip() for name in header.split("|")]
    for line in lines:
        row = dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True))
        category_id, path = row["category"].split(" ", 1)
        yield {
            "product_id": int(row["id"]),
            "title": row["title"],
            "description": "goes well with a lamp" if row["id"] == "6" else "",
            "category_id": int(category_id),
            "category_path": path,
            "brand": row["brand"] or None,
            "seller_id": 1 + int(row["id"]) % 2,
            "price_cents": int(row["cents"]),
            "attributes": json.dumps({"colour": "crimson"} if row["id"] == "1" else {}),
            "in_stock": row["stock"] == "yes",
            "popularity": float(row["popularity"]),
            "n_units_28d": int(row["sold"]),
            "mean_rating": float(row["stars"]) if row["stars"] else None,
            "n_reviews": 1 if row["stars"] else 0,
            "listed_on": dt.date.fromisoformat(row["since"]),
        }


def build_index(folder, shards):
    for number, part in enumerate(shards):
        write_shard(folder / f"shard-{number:04}", part)
    names = [f"shard-{number:04}" for number in range(len(shards))]
    manifest = {"date": "2026-01-31", "n_documents": 6, "shards": names, "built_at": "-"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Index.open(folder)


@pytest.fixture(scope="module", params=[1, 2, 3], ids=lambda n: f"{n} shards")
def index(request, tmp_path_factory):
    found = list(documents())
    return build_index(
        tmp_path_factory.mktemp("index"), [found[n :: request.param] for n in range(request.param)]
    )


def ids(index, text="", **options):
    return [each["product_id"] for each in index.search(Search(text, **options)).documents]


def test_a_word_in_the_title_counts_more_than_in_the_description(index):
    assert ids(index, "lamp")[-1] == 6
    assert set(ids(index, "lamp")) == {1, 3, 6}


@pytest.mark.parametrize(
    ("text", "product_ids"),
    [
        ("desk lamp", {1}),
        ("LAMPS", {1, 3, 6}),
        ("run shoe", {4}),
        ("creme brulee", {5}),
        ("fleet", {4}),
        ("kitchen", {5}),
        ("crimson", {1}),
        ("lamp zeppelin", {1, 3, 6}),  # nothing has both: any will do
        ("zeppelin", set()),
        ("?!", set()),
    ],
)
def test_what_a_text_finds(index, text, product_ids):
    found = index.search(Search(text))

    full = {each["product_id"] for each in found.documents[: found.n_full or None]}
    assert full == product_ids
    assert found.n_total == len(product_ids)


def test_behind_what_has_all_words_comes_what_has_some_and_the_counts_are_without_it(index):
    """Product 1 is a desk lamp, 3 and 6 are lamps, 2 is a desk clock."""
    found = index.search(Search("desk lamp"))

    assert [each["product_id"] for each in found.documents][:1] == [1]
    assert {each["product_id"] for each in found.documents[1:]} == {2, 3, 6}
    assert (found.n_total, found.n_full, found.is_last) == (1, 1, True)
    assert found.facets.values["category"] == [(10, 1)]


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("lamp zeppelin", ["zeppelin"]),
        ("desk tent 500 GB", ["tent", "500 gb"]),
        ("desk lamp", []),
        ("zeppelin", []),  # nothing at all was found
        ("", []),
    ],
)
def test_where_nothing_has_enough_of_the_words_it_says_what_the_best_lacks(index, text, dropped):
    assert list(index.search(Search(text)).dropped) == dropped


def test_sorted_otherwise_only_what_has_all_words_is_listed(index):
    assert ids(index, "desk lamp", sort="price_desc") == [1]
    assert ids(index, "lamp zeppelin", sort="price_desc") == [6, 1, 3]


def test_a_page_says_whether_it_is_the_last(index):
    """Four products have one of the words or both."""
    ends = [index.search(Search("desk lamp"), start, 1).is_last for start in range(4)]

    assert ends == [False, False, False, True]


def test_without_a_text_everything_comes_by_popularity(index):
    assert ids(index) == [2, 4, 1, 6, 3, 5]


@pytest.mark.parametrize(
    ("options", "product_ids"),
    [
        ({"category_ids": (10,)}, [1, 3]),
        ({"category_ids": (10,), "in_stock": True}, [1]),
        ({"brands": ("Lumo",)}, [1, 6, 3]),
        ({"brands": ("lumo",)}, []),
        ({"seller_ids": (1,)}, [2, 4, 6]),
        ({"min_price_cents": 2500, "max_price_cents": 7000}, [4, 6, 5]),
        ({"max_price_cents": 500}, [3]),
        ({"sort": "price_asc"}, [3, 1, 6, 5, 4, 2]),
        ({"sort": "price_desc", "brands": ("Lumo",)}, [6, 1, 3]),
        ({"sort": "best_selling"}, [4, 6, 1, 2, 5, 3]),
        ({"sort": "newest"}, [6, 4, 3, 2, 5, 1]),
        ({"sort": "rating", "min_stars": 1}, [5, 1, 4, 2]),
        ({"min_stars": 4}, [4, 1, 5]),
        ({"category_paths": ("Home",)}, [2, 1, 6, 3, 5]),
        ({"category_paths": ("Home > Lamps", "Sport")}, [4, 1, 3]),
        ({"category_paths": ("Sport",), "category_ids": (50,)}, [4, 6]),
        ({"category_paths": ("Hom",)}, []),
        ({"attributes": (("colour", "crimson"),)}, [1]),
        ({"attributes": (("colour", "blue"),)}, []),
    ],
)
def test_filters_and_sorts(index, options, product_ids):
    assert ids(index, **options) == product_ids


def test_filters_do_not_change_the_score(index):
    plain = index.search(Search("clock"))
    filtered = index.search(Search("clock", brands=("Lumo",), in_stock=True, max_price_cents=9999))

    assert filtered.scores == pytest.approx(plain.scores)


def test_counts_are_of_all_matches_not_of_the_page(index):
    found = index.search(Search("lamp"), limit=1)

    assert len(found.documents) == 1
    assert found.n_total == 3
    assert found.facets.values["category"] == [(10, 2), (50, 1)]
    assert found.facets.values["brand"] == [("Lumo", 3)]


@pytest.mark.parametrize("sort", [*FIELD_SORTS, "relevance"])
@pytest.mark.parametrize("text", ["lamp desk shoes torch", "desk lamp", "lamp"])
def test_pages_put_together_are_the_whole_list(index, text, sort):
    search = Search(text, sort=sort)

    paged = [each for start in range(6) for each in index.search(search, start, 1).documents]

    assert paged == index.search(search, 0, 6).documents


def test_a_document_comes_back_whole(index):
    assert index.products([1, 99]) == {1: next(documents())}
    assert index.products([]) == {}


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_no_text_is_an_error(index, text):
    found = index.search(Search(text))

    assert found.n_full <= len(found.documents) <= 6
    assert len(found.documents) >= found.n_total


@given(st.integers(0, 100))
def test_never_more_parts_are_required_than_there_are(n_parts):
    assert 0 <= n_parts_required(n_parts) <= n_parts
    assert n_parts_required(n_parts) <= n_parts_required(n_parts + 1)


def test_equal_scores_come_in_order_of_writing_on_every_page(tmp_path):
    [first, *_] = documents()
    alike = [{**first, "product_id": n} for n in range(1, 41)]
    index = build_index(tmp_path, [alike[::2], alike[1::2]])
    search = Search("lamp")

    paged = [each for start in range(0, 40, 7) for each in index.search(search, start, 7).documents]

    assert sorted(each["product_id"] for each in paged) == list(range(1, 41))


@pytest.mark.parametrize("broken", ["manifest.json", "shard-0000/meta.json"])
def test_a_broken_index_does_not_open(tmp_path, broken):
    build_index(tmp_path, [list(documents())])
    (tmp_path / broken).unlink()

    with pytest.raises(BadIndexError):
        Index.open(tmp_path)


def test_an_empty_shard_is_a_shard(tmp_path):
    index = build_index(tmp_path, [list(documents()), []])

    assert index.n_documents == 6
    assert set(ids(index, "lamp")) == {1, 3, 6}
