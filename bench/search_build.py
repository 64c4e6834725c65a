"""Build a search index of products on disk, by the job's own code, and tell how long each part took.

python -m bench.search_build PRODUCTS INDEX > SECONDS.json
"""

import datetime as dt
import json
import sys
import time
from pathlib import Path

import psutil

from bench.search_products import DAY
from jobs.build_search_index import build, write_shards
from jobs.index_documents import IndexDocuments
from jobs.index_versions import IndexVersions
from jobs.runner import Settings
from jobs.spark import spark_session


def main() -> None:
    """Build twice: the shards alone, read and written, then all that the job does."""
    products, root = map(Path, sys.argv[1:])
    settings = Settings(
        emporium_home=root.parent, database_url="", redis_url="", spark_master="local[2]"
    )
    spark = spark_session(settings, "bench")
    documents = IndexDocuments(sorted(map(str, products.glob("*.parquet"))))
    spark.range(2).mapInArrow(
        lambda batches: batches, "id long"
    ).collect()  # executors have started
    began, taken = time.perf_counter(), processor_seconds()
    write_shards(spark, documents, root.with_name("shards"))
    shards_seconds = time.perf_counter() - began
    shards_processor = processor_seconds() - taken
    began = time.perf_counter()
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
    build(spark, IndexVersions(root), documents, DAY, now, {})
    whole_seconds = time.perf_counter() - began
    seconds = {
        "shards": shards_seconds,
        "shards_processor": shards_processor,
        "whole": whole_seconds,
    }
    json.dump(seconds, sys.stdout)


def processor_seconds() -> float:
    """Return what this process and all that it started have had of the processors, what ended too."""
    own = psutil.Process()
    return sum(map(_own_seconds, [own, *own.children(recursive=True)]))


def _own_seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))  # its own, and those of children that have ended
    except psutil.NoSuchProcess:  # told by its parent from now on
        return 0.0


if __name__ == "__main__":
    main()
