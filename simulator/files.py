"""Parquet files of one Spark task: rows come in any order of days and leave one file per day.

Arrow writes them, not Spark: rows that are Arrow already need no way through the JVM, which here
took five times as long as making them. `out` must be a folder that every executor sees.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

N_BUFFERED_ROWS = 50_000
COMPRESSION = "zstd"


@dataclass
class TaskFiles:
    """Files named after the task, so that a task that is tried again replaces its own."""

    out: Path
    task: int
    _buffers: dict[str, list[pa.Table]] = field(default_factory=dict)
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def add(self, path: str, rows: pa.Table) -> None:
        """Add rows to the table at `path`; with a column `date`, to the partition of each day."""
        if "date" not in rows.column_names:
            self._buffer(path, rows)
            return
        for day in pc.unique(rows["date"]).to_pylist():
            of_day = rows.filter(pc.equal(rows["date"], day)).drop_columns(["date"])
            self._buffer(f"{path}/date={day}", of_day)

    def close(self) -> None:
        """Write what is left and give the files their names."""
        for folder in list(self._buffers):
            self._flush(folder)
        for folder, writer in self._writers.items():
            writer.close()
            self._unfinished(folder).replace(self.out / folder / f"part-{self.task:06d}.parquet")

    def _buffer(self, folder: str, rows: pa.Table) -> None:
        buffer = self._buffers.setdefault(folder, [])
        buffer.append(rows)
        if sum(part.num_rows for part in buffer) >= N_BUFFERED_ROWS:
            self._flush(folder)

    def _flush(self, folder: str) -> None:
        rows = pa.concat_tables(self._buffers.pop(folder))
        if folder not in self._writers:
            (self.out / folder).mkdir(parents=True, exist_ok=True)
            self._writers[folder] = pq.ParquetWriter(
                self._unfinished(folder), rows.schema, compression=COMPRESSION
            )
        self._writers[folder].write_table(rows)

    def _unfinished(self, folder: str) -> Path:
        return self.out / folder / f".part-{self.task:06d}.parquet"
