"""The products of a shard as they were indexed, in one file that is mapped into memory, not read."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.schemas.arrow import arrow_schema
from features.schemas.lake import SearchDocument

DOCUMENTS = "documents.arrow"
SCHEMA = pa.schema([field for field in arrow_schema(SearchDocument) if field.name != "date"])
N_PER_BATCH = 10_000

Document = dict[str, Any]
Cell = Callable[[int], Any]
"""Returns a column's value at a row of its batch."""

EPOCH_DAY = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Documents:
    """Rows of `SCHEMA` by product id.

    Parameters
    ----------
    product_ids : array of shape (n,), rising
    rows : array of shape (n,)
        Where each stands in the file.
    starts : array of shape (n_batches,)
        The first row of each batch.
    cells
        Of each batch what reads the columns, by name.
    """

    batches: Sequence[pa.RecordBatch]
    product_ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    cells: Sequence[Mapping[str, Cell]] = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map a shard's file; a column that is newer than the file is null.

        Raises
        ------
        OSError, ValueError
            If there is none, or it is broken.
        """
        with pa.memory_map(str(folder / DOCUMENTS)) as file:
            reader = pa.ipc.open_file(file)
            batches = [_whole(reader.get_batch(n)) for n in range(reader.num_record_batches)]
        columns = [batch.column("product_id").to_numpy() for batch in batches]
        ids = np.concatenate([np.empty(0, np.int64), *columns])
        order = np.argsort(ids, kind="stable")
        ends = np.cumsum([0, *map(len, columns)])
        cells = [
            dict(zip(SCHEMA.names, map(cell, batch.columns), strict=True)) for batch in batches
        ]
        return cls(batches, ids[order], order, ends[:-1], cells)

    def __contains__(self, product_id: int) -> bool:
        return self._place(product_id) is not None

    def of(self, product_id: int, names: Sequence[str] = ()) -> Document | None:
        """Return a product's document, None if the shard does not have it; of `names`, if any, these columns alone."""
        found = self._row(product_id)
        if found is None:
            return None
        cells, row = found
        if names:
            return {name: cells[name](row) for name in names}
        return {name: cell_at(row) for name, cell_at in cells.items()}

    def value(self, product_id: int, name: str) -> Any:  # noqa: ANN401 - of any column
        """Return one column of a product's document, None if the shard does not have it."""
        found = self._row(product_id)
        return None if found is None else found[0][name](found[1])

    def _place(self, product_id: int) -> int | None:
        at = int(self.product_ids.searchsorted(product_id))
        is_there = at < len(self.product_ids) and self.product_ids[at] == product_id
        return at if is_there else None

    def _row(self, product_id: int) -> tuple[Mapping[str, Cell], int] | None:
        at = self._place(product_id)
        if at is None:
            return None
        row = int(self.rows[at])
        n_batch = int(self.starts.searchsorted(row, "right")) - 1
        return self.cells[n_batch], row - int(self.starts[n_batch])

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Return some columns of all rows, in the file's order."""
        chosen = SCHEMA.empty_table().select(names).schema
        return pa.Table.from_batches([batch.select(names) for batch in self.batches], chosen)


def cell(array: pa.Array) -> Cell:
    """Return what reads one value of an array of `SCHEMA`, straight from its memory.

    Arrow's own way makes an object of each value, which takes ten times as long.
    """
    if array.null_count == len(array):
        return lambda _: None
    validity, *_ = buffers = array.buffers()
    read, bits = _known_cell(array.type, array.offset, buffers), _bit(validity, array.offset)
    if not array.null_count:
        return read
    return lambda row: read(row) if bits(row) else None


def _known_cell(kind: pa.DataType, offset: int, buffers: Sequence[pa.Buffer]) -> Cell:
    if kind == pa.string():
        ends, text = memoryview(buffers[1]).cast("i"), memoryview(buffers[2])
        return lambda row: str(text[ends[row + offset] : ends[row + offset + 1]], "utf-8")
    if kind == pa.bool_():
        return _bit(buffers[1], offset)
    if kind == pa.date32():
        days = memoryview(buffers[1]).cast("i")
        return lambda row: dt.date.fromordinal(days[row + offset] + EPOCH_DAY)
    numbers = memoryview(buffers[1])
    values = numbers.cast("d") if kind == pa.float64() else numbers.cast("q")
    return lambda row: values[row + offset]


def _bit(buffer: pa.Buffer | None, offset: int) -> Callable[[int], bool]:
    """Return what reads a bit; none are kept where nothing is null."""
    bits = memoryview(buffer or b"")

    def read(row: int) -> bool:
        at = row + offset
        return bool(bits[at >> 3] >> (at & 7) & 1)

    return read


def _whole(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch of `SCHEMA`: files stay readable when documents get a column."""
    has = set(batch.schema.names)
    columns = [
        batch.column(field.name) if field.name in has else pa.nulls(batch.num_rows, field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def in_batches(documents: Iterable[Mapping[str, Any]]) -> Iterable[pa.RecordBatch]:
    """Return documents as batches of `SCHEMA`; what a document lacks is null."""
    rows: list[Mapping[str, Any]] = []
    for document in documents:
        rows.append(document)
        if len(rows) == N_PER_BATCH:
            yield pa.RecordBatch.from_pylist(rows, SCHEMA)
            rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, SCHEMA)


def column_values(column: pa.Array) -> list[Any]:
    """Return the values of a column of `SCHEMA` as plain ones.

    As `to_pylist` does, which makes an object of Arrow's of each value first.
    """
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not (is_number and column.null_count):
        # Dates are arrays of days, which numpy makes dates of; text, and what may be null, are objects already.
        array = column.to_numpy(zero_copy_only=False)
        plain: list[Any] = (array.astype(object) if array.dtype.kind == "M" else array).tolist()
        return plain
    known = column.is_valid().to_numpy(zero_copy_only=False).tolist()
    values = column.fill_null(0).to_numpy().tolist()
    return [value if has else None for value, has in zip(values, known, strict=True)]
