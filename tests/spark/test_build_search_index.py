"""Building and publishing the search index (jobs.build_search_index, jobs.index_versions)."""

import datetime as dt
import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.schemas.lake import SearchDocument
from jobs.build_search_index import build
from jobs.index_documents import IndexDocuments
from jobs.index_versions import BuildInProgressError, IndexCheckError, IndexVersions, check
from jobs.runner import JobError
from models.search.documents import SCHEMA
from models.search.index import Index
from models.search.query import Search

pytestmark = pytest.mark.spark
DAY = dt.date(2026, 1, 31)
NOON = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)


def document(product_id, title, day=DAY):
    return SearchDocument(
        product_id=product_id,
        title=title,
        description="",
        category_id=10,
        category_path="Home > Lamps",
        brand=None,
        seller_id=None,
        price_cents=100,
        attributes="{}",
        in_stock=True,
        popularity=float(product_id),
        n_views_28d=0,
        n_carts_28d=0,
        n_units_28d=0,
        look_ratio=None,
        conversion_ratio=None,
        category_price_ratio=None,
        mean_rating=None,
        n_reviews=0,
        listed_on=day,
        date=day,
    )


@pytest.fixture
def table(tmp_path):
    """Write documents as two files of a partition, and as many tables as are asked for."""
    numbers = itertools.count()

    def make(titles, **columns):
        rows = [document(id_, title).model_dump() | columns for id_, title in titles.items()]
        folder = tmp_path / f"table-{next(numbers)}"
        folder.mkdir()
        for part in (0, 1) if rows else ():
            some = pa.Table.from_pylist(rows[part::2], SCHEMA)
            pq.write_table(some, folder / f"part-{part}.parquet")
        return IndexDocuments(sorted(map(str, folder.iterdir())))

    return make


@pytest.fixture
def versions(tmp_path):
    return IndexVersions(tmp_path / "index")


def test_every_document_is_found_through_the_published_index(spark, table, versions):
    manifest = build(
        spark, versions, table({n: f"Lamp number{n}" for n in range(1, 51)}), DAY, NOON, {}
    )

    index = Index.open(versions.current)
    assert (manifest["n_documents"], index.n_documents) == (50, 50)
    assert len(manifest["shards"]) == 2
    for n in (1, 25, 50):
        [found, *_] = index.search(Search(f"number{n} lamp")).documents
        assert found["product_id"] == n


def test_a_rebuilt_day_replaces_the_index_and_two_earlier_versions_stay(spark, table, versions):
    for n in range(5):
        build(spark, versions, table({1: f"Lamp number{n}"}), DAY, NOON, {})

    assert Index.open(versions.current).search(Search("number4")).n_total == 1
    assert len([path for path in versions.versions.iterdir() if path.is_dir()]) == 3
    assert versions.current_date() == DAY


def test_an_empty_day_says_what_to_run_and_publishes_nothing(spark, table, versions):
    with pytest.raises(JobError, match="run build_features"):
        build(spark, versions, table({}), DAY, NOON, {})

    assert not versions.current.exists()


def test_a_killed_build_leaves_the_published_index_and_is_cleared_by_the_next(
    spark, table, versions
):
    build(spark, versions, table({1: "Lamp"}), DAY, NOON, {})
    before = versions.current.readlink()
    left = versions.versions / "2026-01-31-dead.building"
    (left / "shard-1").mkdir(parents=True)

    assert versions.current.readlink() == before
    build(spark, versions, table({1: "Lamp"}), DAY, NOON, {})

    assert not left.exists()


def test_an_index_that_fails_its_check_is_not_published(spark, table, versions, monkeypatch):
    build(spark, versions, table({1: "Lamp"}), DAY, NOON, {})
    before = versions.current.readlink()
    monkeypatch.setattr(IndexDocuments, "titles", lambda *_: {1: "Zeppelin"})

    with pytest.raises(IndexCheckError):
        build(spark, versions, table({1: "Lamp", 2: "Desk"}), DAY, NOON, {})

    assert versions.current.readlink() == before


def test_two_builds_at_once_are_refused(versions):
    with versions.building(DAY), pytest.raises(BuildInProgressError), versions.building(DAY):
        pass


def test_an_index_that_answers_graded_queries_worse_is_not_published(spark, versions, table):
    grades = {"desk": {1: 4}}
    build(spark, versions, table({1: "Desk", 2: "Lamp shade"}), DAY, NOON, grades)

    with pytest.raises(IndexCheckError, match=r"published index 1\.0000"):
        build(spark, versions, table({1: "Torch", 2: "Lamp shade"}), DAY, NOON, grades)

    assert Index.open(versions.current).product(1)["title"] == "Desk"


@pytest.mark.parametrize(
    ("n_documents", "titles", "message"),
    [(2, {}, "holds 1 of 2"), (1, {7: "Zeppelin"}, "does not find product 7")],
)
def test_a_check_names_what_is_wrong(spark, table, versions, n_documents, titles, message):
    build(spark, versions, table({1: "Lamp"}), DAY, NOON, {})

    with pytest.raises(IndexCheckError, match=message):
        check(Index.open(versions.current), n_documents, titles)
