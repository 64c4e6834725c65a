"""The index in an OpenSearch cluster: written under a name of its own, checked, then the alias is moved to it."""

import contextlib
import datetime as dt
import itertools
import math
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import SparkSession

from jobs.index_documents import IndexDocuments
from models.search.languages import Language
from models.search.opensearch.index import OpenSearchIndex
from models.search.opensearch.rows import bulk_lines, settings_and_mapping
from models.search.spelling import Vocabulary
from web.opensearch import NOT_FOUND, OpenSearch, OpenSearchError

N_EARLIER_VERSIONS = 2
N_DOCUMENTS_PER_SHARD = 5_000_000
TIMEOUT_SECONDS = 60.0
WRITTEN = "problem string"
VERSION = re.compile(r"-\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
"""What follows an alias in a version's name."""


@dataclass(frozen=True)
class OpenSearchVersions:
    """The versions in a cluster, `<alias>-<date>-<id>`; readers ask the alias."""

    url: str
    alias: str

    @contextlib.contextmanager
    def building(
        self, spark: SparkSession, documents: IndexDocuments, day: dt.date, vocabulary: Vocabulary
    ) -> Iterator[OpenSearchIndex]:
        """Write a version, and remove it if what is done with it fails, and those that killed builds left.

        Raises
        ------
        OpenSearchError
            If the cluster refuses a row or can't be reached.
        """
        name = f"{self.alias}-{day}-{uuid.uuid4().hex[:12]}"
        with self._connected() as cluster:
            self._drop_left(cluster)
            n_shards = max(1, math.ceil(documents.count() / N_DOCUMENTS_PER_SHARD))
            cluster.request("PUT", f"/{name}", settings_and_mapping(n_shards))
            try:
                _write(spark, documents, self.url, name, vocabulary.language)
                cluster.request("POST", f"/{name}/_refresh")
                yield OpenSearchIndex(cluster, name, vocabulary)
            except BaseException:
                with contextlib.suppress(OpenSearchError):  # what failed says more
                    cluster.request("DELETE", f"/{name}")
                raise

    def publish(self, name: str) -> None:
        """Move the alias to a version, all at once; of the others the newest two stay.

        Raises
        ------
        OpenSearchError
            If the cluster refuses it or can't be reached.
        """
        with self._connected() as cluster:
            remove = [
                {"remove": {"index": old, "alias": self.alias}} for old in self._current(cluster)
            ]
            add = {"add": {"index": name, "alias": self.alias}}
            cluster.request("POST", "/_aliases", {"actions": [*remove, add]})
            others = [each for each in self._by_age(cluster) if each != name]
            with contextlib.suppress(OpenSearchError):  # the next build removes them
                _drop(cluster, others[N_EARLIER_VERSIONS:])

    def _drop_left(self, cluster: OpenSearch) -> None:
        """Remove what is newer than the published version: it never was.

        Where the alias is on none, nothing tells what was ever published: all of it stays.
        """
        if current := self._current(cluster):
            newest_first = self._by_age(cluster)
            _drop(cluster, itertools.takewhile(lambda each: each not in current, newest_first))

    def _by_age(self, cluster: OpenSearch) -> list[str]:
        """Return the names of all versions, the newest first; another alias may begin as this one does."""
        settings = cluster.request("GET", f"/{self.alias}-*/_settings")
        made_at = {
            name: int(each["settings"]["index"]["creation_date"]) for name, each in settings.items()
        }
        return sorted(made_at, key=lambda name: -made_at[name])

    def _current(self, cluster: OpenSearch) -> list[str]:
        try:
            return list(cluster.request("GET", f"/_alias/{self.alias}"))
        except OpenSearchError as error:
            if error.status != NOT_FOUND:
                raise
            return []

    @contextlib.contextmanager
    def _connected(self) -> Iterator[OpenSearch]:
        cluster = OpenSearch(self.url, TIMEOUT_SECONDS)
        try:
            yield cluster
        finally:
            cluster.close()


def _drop(cluster: OpenSearch, names: Iterable[str]) -> None:
    for name in names:
        cluster.request("DELETE", f"/{name}")


def _write(
    spark: SparkSession, documents: IndexDocuments, url: str, name: str, language: Language
) -> None:
    """Write documents from where they are. A part that fails is no failed task, which Spark would run again."""
    n_parts = spark.sparkContext.defaultParallelism
    write = _writer(documents, n_parts, url, name, language)
    rows = spark.range(0, n_parts, 1, n_parts).mapInArrow(write, WRITTEN).collect()
    problems = [row["problem"] for row in rows]
    if problems:
        raise OpenSearchError("; ".join(problems))


def _writer(
    documents: IndexDocuments, n_parts: int, url: str, name: str, language: Language
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        numbers = [n for batch in batches for n in batch.column(0).to_pylist()]
        rows = (
            lines
            for number in numbers
            for batch in documents.part(number, n_parts)
            for lines in bulk_lines(batch, language)
        )
        cluster = OpenSearch(url, TIMEOUT_SECONDS)
        try:
            cluster.bulk(name, rows)
        except OpenSearchError as error:
            yield pa.RecordBatch.from_pydict({"problem": [str(error)]})
        finally:
            cluster.close()

    return write
