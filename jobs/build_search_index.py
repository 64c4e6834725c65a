"""Build the search index: derived search_documents -> <index>/current.

spark-submit jobs/build_search_index.py --date 2026-01-31

Spark's executors write the shards, each of its part of the documents, which they read themselves; they need lake and index on a
file system they share. A day older than the published index is left alone, so that a backfill never
takes the shop back in time.

With `OPENSEARCH_URL` the executors write the documents to that cluster, too, and both are published or none.
"""

import datetime as dt
import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from features.schemas.lake import SearchDocument
from jobs.index_documents import IndexDocuments
from jobs.index_gate import BadJudgmentsError, judge, read_judgments
from jobs.index_versions import (
    BuildInProgressError,
    IndexCheckError,
    IndexVersions,
    check,
)
from jobs.opensearch_versions import OpenSearchVersions
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.spark import spark_session
from models.search.index import LANGUAGE, BadIndexError, Index
from models.search.judgments import Grades
from models.search.languages import ENGLISH, Language
from models.search.semantic import MAX_PRODUCTS, Semantics, text_of
from models.search.writing import write_batches
from web.opensearch import OpenSearchError

N_SHARDS_AT_LEAST = 2
N_DOCUMENTS_PER_SHARD = 500_000
N_KNOWN_TITLES = 5
WRITTEN = "shard string, n_documents long"


def main(settings: Settings, dates: Dates) -> None:
    """Build and publish the index of the last of the days."""
    versions = IndexVersions(settings.index, settings.search_language)
    day, published = dates.last, versions.current_date()
    if published is not None and published > day:
        print(f"the index of {published} is published; {day} is older and changes nothing")  # noqa: T201
        return
    documents = IndexDocuments(partitions(settings).files(SearchDocument, day))
    try:
        grades = read_judgments(settings.judgments)
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
        spark = spark_session(settings, "build_search_index")
        figures = build(spark, versions, documents, day, now, grades, cluster=opensearch(settings))
    except (BuildInProgressError, IndexCheckError, BadJudgmentsError, OpenSearchError) as error:
        raise JobError(f"{error}; the published index is untouched, run again") from error
    write_report(settings.reports, "build_search_index", day, figures)


def build(  # noqa: PLR0913 - what an index is made of, and where it goes
    spark: SparkSession,
    versions: IndexVersions,
    documents: IndexDocuments,
    day: dt.date,
    built_at: dt.datetime,
    grades: Mapping[str, Grades],
    *,
    cluster: OpenSearchVersions | None = None,
) -> dict[str, object]:
    """Write, check, judge and publish an index of `documents`, in a cluster too; return its manifest.

    Raises
    ------
    JobError
        If there is no document.
    IndexCheckError, OpenSearchError
        If it does not answer as it should; what was published stays.
    """
    n_documents = documents.count()
    if n_documents == 0:
        raise JobError(f"search_documents of {day} is empty: run build_features for it first")
    with versions.building(day) as folder:
        manifest: dict[str, object] = {
            "date": str(day),
            "n_documents": n_documents,
            "shards": write_shards(spark, documents, folder, versions.language),
            LANGUAGE: versions.language,
            "built_at": built_at.isoformat(),
        }
        manifest["has_semantics"] = write_semantics(documents, folder, versions.language)
        built = Index.open_shards(folder, manifest)
        known_titles = documents.titles(N_KNOWN_TITLES)
        check(built, n_documents, known_titles)
        manifest |= judge(built, _published(versions), grades) if grades else {}
        if cluster is not None:
            with cluster.building(spark, documents, day, built.vocabulary) as index:
                check(index, n_documents, known_titles)
            cluster.publish(index.name)
            manifest["opensearch_index"] = index.name
        versions.publish(folder, manifest)
    return manifest


def opensearch(settings: Settings) -> OpenSearchVersions | None:
    """Return where the index is written besides; None without a cluster."""
    url = settings.opensearch_url
    return OpenSearchVersions(url, settings.opensearch_alias) if url else None


def _published(versions: IndexVersions) -> Index | None:
    """Return the published index, None if there is none or it is of an older form."""
    try:
        return Index.open(versions.current)
    except BadIndexError:
        return None


def write_shards(
    spark: SparkSession, documents: IndexDocuments, folder: Path, language: Language = ENGLISH
) -> list[str]:
    """Write the documents as shards below `folder` and return the shards' names."""
    n_shards = max(N_SHARDS_AT_LEAST, math.ceil(documents.count() / N_DOCUMENTS_PER_SHARD))
    write = _shard_writer(documents, n_shards, str(folder), language)
    written = spark.range(0, n_shards, 1, n_shards).mapInArrow(write, WRITTEN).collect()
    return sorted(row["shard"] for row in written)


def write_semantics(documents: IndexDocuments, folder: Path, language: Language = ENGLISH) -> bool:
    """Write what tells products near a query in meaning; false, and nothing, of too few or too many."""
    if documents.count() > MAX_PRODUCTS:
        return False
    rows = (row for batch in documents.part(0, 1) for row in batch.to_pylist())
    made = Semantics.of(((row["product_id"], text_of(row)) for row in rows), language)
    if made is not None:
        made.save(folder)
    return made is not None


def _shard_writer(
    documents: IndexDocuments, n_shards: int, folder: str, language: Language
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number in (n for batch in batches for n in batch.column(0).to_pylist()):
            # A name of this try's own: a task that Spark runs twice leaves a shard nobody refers to. The
            # number comes first: shards are read in its order, and so ties stay where they were.
            name = f"shard-{number:05d}-{uuid.uuid4().hex[:12]}"
            rows = documents.part(number, n_shards)
            n_documents = write_batches(Path(folder) / name, rows, language)
            yield pa.RecordBatch.from_pydict({"shard": [name], "n_documents": [n_documents]})

    return write


if __name__ == "__main__":
    run(main, __doc__)
