"""Building the index in an OpenSearch cluster, too (jobs.opensearch_versions)."""

import uuid

import pytest

from jobs.build_search_index import build
from jobs.index_versions import IndexCheckError, IndexVersions
from jobs.opensearch_versions import OpenSearchVersions
from models.search.index import Index
from models.search.opensearch.index import OpenSearchIndex
from models.search.query import Search
from models.search.spelling import Vocabulary
from tests.spark.test_build_search_index import DAY, NOON, table  # noqa: F401 - a fixture
from web.opensearch import OpenSearch, OpenSearchError

pytestmark = [pytest.mark.spark, pytest.mark.live]
TOO_LONG = "x" * 40_000
"""More than a word of an index may have."""


@pytest.fixture
def cluster(opensearch_url):
    return OpenSearchVersions(opensearch_url, f"products-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def versions(tmp_path):
    return IndexVersions(tmp_path / "index")


def found(cluster, text):
    """Return the ids that a search in the published version finds."""
    client = OpenSearch(cluster.url, 30)
    [name] = client.request("GET", f"/_alias/{cluster.alias}")
    index = OpenSearchIndex(client, name, Vocabulary({}, {}))
    return [each["product_id"] for each in index.search(Search(text)).documents]


def names(cluster):
    return set(OpenSearch(cluster.url, 30).request("GET", f"/{cluster.alias}-*/_settings"))


def test_both_indexes_hold_the_same_and_the_manifest_names_the_other(
    spark,
    table,  # noqa: F811
    versions,
    cluster,
):
    titles = {n: f"Lamp number{n}" for n in range(1, 51)}
    manifest = build(spark, versions, table(titles), DAY, NOON, {}, cluster=cluster)

    assert names(cluster) == {manifest["opensearch_index"]}
    assert Index.open(versions.current).manifest == manifest
    assert [found(cluster, f"number{n}") for n in (1, 25, 50)] == [[1], [25], [50]]


def test_the_alias_moves_and_two_earlier_versions_stay(spark, table, versions, cluster):  # noqa: F811
    built = [
        build(spark, versions, table({1: f"Lamp number{n}"}), DAY, NOON, {}, cluster=cluster)[
            "opensearch_index"
        ]
        for n in range(4)
    ]

    assert found(cluster, "number3") == [1]
    assert names(cluster) == set(built[1:])


def test_a_refused_row_fails_the_build_with_its_reason_and_neither_is_published(
    spark,
    table,  # noqa: F811
    versions,
    cluster,
):
    build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)
    before = versions.current.readlink(), names(cluster)
    long_brand = table({2: "Desk"}, brand=TOO_LONG)

    with pytest.raises(OpenSearchError, match=r"1 rows are refused: 2: .*immense term"):
        build(spark, versions, long_brand, DAY, NOON, {}, cluster=cluster)

    assert (versions.current.readlink(), names(cluster)) == before
    assert found(cluster, "lamp") == [1]


def test_a_version_that_fails_its_check_is_removed(spark, table, versions, cluster, monkeypatch):  # noqa: F811
    monkeypatch.setattr("models.search.opensearch.index.OpenSearchIndex.n_documents", 7)

    with pytest.raises(IndexCheckError, match="holds 7 of 1"):
        build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)

    assert not versions.current.exists()
    assert names(cluster) == set()


def test_what_a_killed_build_left_is_removed_by_the_next(spark, table, versions, cluster):  # noqa: F811
    first = build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)[
        "opensearch_index"
    ]
    OpenSearch(cluster.url, 30).request("PUT", f"/{cluster.alias}-2026-01-31-00000000dead")

    second = build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)[
        "opensearch_index"
    ]

    assert names(cluster) == {first, second}


def test_another_aliases_versions_and_those_of_a_lost_alias_stay(spark, table, versions, cluster):  # noqa: F811
    asked = OpenSearch(cluster.url, 30)
    other = f"{cluster.alias}-staging-2026-01-31-0123456789ab"
    asked.request("PUT", f"/{other}")
    first = build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)[
        "opensearch_index"
    ]
    asked.request("DELETE", f"/{first}/_alias/{cluster.alias}")

    second = build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=cluster)[
        "opensearch_index"
    ]

    assert names(cluster) == {other, first, second}


def test_a_cluster_that_is_away_publishes_nothing(spark, table, versions):  # noqa: F811
    away = OpenSearchVersions("http://127.0.0.1:9", "products")

    with pytest.raises(OpenSearchError, match="refused"):
        build(spark, versions, table({1: "Lamp"}), DAY, NOON, {}, cluster=away)

    assert not versions.current.exists()
