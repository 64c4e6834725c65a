import itertools

import pytest

from models.search.opensearch.index import OpenSearchIndex
from models.search.opensearch.rows import bulk_lines, settings_and_mapping
from tests.opensearch_node import opensearch_node
from tests.unit.models.search.products import index_of
from web.opensearch import OpenSearch


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    with opensearch_node(tmp_path_factory.mktemp("opensearch")) as url:
        cluster = OpenSearch(url, timeout_seconds=30)
        yield cluster
        cluster.close()


@pytest.fixture(scope="module", params=["tantivy", "opensearch"])
def index_documents(request, tmp_path_factory):
    """Return what makes an index of documents, by one engine and then by the other."""

    def by_tantivy(documents):
        return index_of(tmp_path_factory.mktemp("index"), documents)

    if request.param == "tantivy":
        return by_tantivy
    cluster, numbers = request.getfixturevalue("cluster"), itertools.count()

    def by_opensearch(documents):
        name = f"{request.module.__name__.rsplit('.')[-1]}-{next(numbers)}"
        cluster.request("PUT", f"/{name}", settings_and_mapping(n_shards=1))
        cluster.bulk(name, map(bulk_lines, documents))
        cluster.request("POST", f"/{name}/_refresh")
        return OpenSearchIndex(cluster, name, by_tantivy(documents).vocabulary)

    return by_opensearch
