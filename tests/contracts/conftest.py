import itertools

import pytest

from models.search.documents import in_batches
from models.search.opensearch.index import OpenSearchIndex
from models.search.opensearch.rows import bulk_lines, settings_and_mapping
from tests.unit.models.search.products import index_of
from web.opensearch import OpenSearch

ENGINES = [
    "tantivy, 1 shard",
    "tantivy, 3 shards",
    pytest.param("opensearch", marks=pytest.mark.live),
]


@pytest.fixture(scope="session")
def cluster(opensearch_url):
    cluster = OpenSearch(opensearch_url, timeout_seconds=30)
    yield cluster
    cluster.close()


@pytest.fixture(scope="module", params=ENGINES)
def index_documents(request, tmp_path_factory):
    """Return what makes an index of documents, by one engine and then by the others."""

    def by_tantivy(documents):
        n_shards = 3 if "3" in request.param else 1
        return index_of(tmp_path_factory.mktemp("index"), documents, n_shards)

    if request.param != "opensearch":
        return by_tantivy
    cluster, numbers = request.getfixturevalue("cluster"), itertools.count()

    def by_opensearch(documents):
        name = f"{request.module.__name__.rsplit('.')[-1]}-{next(numbers)}"
        cluster.request("PUT", f"/{name}", settings_and_mapping(n_shards=1))
        cluster.bulk(name, itertools.chain.from_iterable(map(bulk_lines, in_batches(documents))))
        cluster.request("POST", f"/{name}/_refresh")
        embedded = by_tantivy(documents)
        return OpenSearchIndex(cluster, name, embedded.vocabulary, embedded.signals)

    return by_opensearch
