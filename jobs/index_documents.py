"""The documents of an index where they lie, so that executors read their parts themselves.

Each part reads all files and keeps its rows, which is quick as long as there are few parts; as rows of Spark's the same
documents would be read, parted, sorted and handed to Python.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.search.documents import N_PER_BATCH, SCHEMA

N_READ = 50_000
"""Rows that are looked through at once."""
PRODUCT = "product_id"


@dataclass(frozen=True)
class IndexDocuments:
    """Parquet files with the columns of `models.search.documents.SCHEMA`; what a file lacks is null."""

    files: Sequence[str]

    def count(self) -> int:
        """Return how many there are, by the files' footers."""
        return sum(pq.read_metadata(file).num_rows for file in self.files)

    def part(self, number: int, n_parts: int) -> Iterator[pa.RecordBatch]:
        """Yield those whose product id leaves the remainder `number`, in the order of their ids."""
        table = pa.Table.from_batches(self._parted(number, n_parts), SCHEMA)
        order = pc.sort_indices(table[PRODUCT])
        whole = table.combine_chunks()  # from many pieces rows are taken ten times as slowly
        for start in range(0, len(order), N_PER_BATCH):
            rows = whole.take(order[start : start + N_PER_BATCH])
            yield from rows.combine_chunks().to_batches()

    def titles(self, n_best: int) -> dict[int, str]:
        """Return the titles of the most popular, by product."""
        found = pa.Table.from_batches(self._batches(PRODUCT, "title", "popularity"))
        best = pc.select_k_unstable(found, n_best, [("popularity", "descending")])
        rows = found.take(best).to_pylist()
        return {row[PRODUCT]: row["title"] for row in rows}

    def _parted(self, number: int, n_parts: int) -> Iterator[pa.RecordBatch]:
        for batch in self._batches(*SCHEMA.names):
            remainders = batch[PRODUCT].to_numpy() % n_parts
            yield batch.filter(pa.array(remainders == number))

    def _batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([SCHEMA.field(name) for name in columns])
        for path in self.files:
            with pq.ParquetFile(path) as file:
                known = [name for name in columns if name in file.schema_arrow.names]
                # A task has one core, the others are other tasks'.
                for batch in file.iter_batches(N_READ, columns=known, use_threads=False):
                    yield _as(schema, batch)


def _as(schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    def column(field: pa.Field) -> pa.Array:
        if field.name not in batch.schema.names:
            return pa.nulls(batch.num_rows, field.type)
        return batch.column(field.name).cast(field.type)

    return pa.RecordBatch.from_arrays(list(map(column, schema)), schema=schema)
