"""Many small batches of a day become few: a reader pays for each of them.

The merged batch appears by one rename, and by its name the small ones count no more from that moment;
then they are deleted. Killed in between, nothing is lost or there twice, and the next call goes on.
"""

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.raw import Collected, RawBatches, day_of, part_file, text_of, to_disk

N_SMALL = 60
N_ROWS_A_GROUP = 100_000


def merge_batches(batches: RawBatches, source: str, today: dt.date) -> int:
    """Merge what was collected of a source: of days that are over all, of later ones the small ones.

    Nothing is done while somebody reads. Call it while you collect.

    Returns
    -------
    int
        How many batches were merged away.
    """
    with batches.unread() as is_unread:
        if not is_unread:
            return 0
        for left in batches.merged_away():
            shutil.rmtree(left)
        chosen = [list(run) for run in _runs(batches, source, today)]
        for run in chosen:
            _merge(batches, source, run)
        return sum(len(run) for run in chosen)


def _runs(batches: RawBatches, source: str, today: dt.date) -> Iterator[Sequence[Collected]]:
    """Return what can become one: batches of one day that end one after the other."""
    parts = [(part, _day(batches, part)) for part in batches.of_source(source)]
    for day, group in itertools.groupby(parts, key=lambda each: each[1]):
        run = [part for part, _ in group]
        if day is None:
            continue
        is_over = day < today
        chosen = run if is_over else [part for part in run if part.after is None]
        if len(chosen) >= (2 if is_over else N_SMALL):
            yield chosen


def _day(batches: RawBatches, part: Collected) -> dt.date | None:
    folder = next((batches.folder / part.name).glob("*/date=*"), None)
    return day_of(folder) if folder else None


def _merge(batches: RawBatches, source: str, run: Sequence[Collected]) -> None:
    """Write the run's rows as one batch, and delete it. One table and day each, as streams have."""
    folders = [batches.folder / part.name for part in run]
    [(table, day)] = {
        (path.parent.name, day_of(path)) for folder in folders for path in folder.glob("*/date=*")
    }
    files = [file for folder in folders for file in sorted(folder.glob("*/*/*.parquet"))]
    after = _before(batches, source, run[0])
    with batches.appearing(f"{source}_{after}_to_{text_of(run[-1].end)}") as staged:
        file = part_file(staged, table, day)
        _write_together(files, file)
        to_disk(file)
    for folder in folders:
        shutil.rmtree(folder)


def _before(batches: RawBatches, source: str, first: Collected) -> str:
    if first.after is not None:
        return text_of(first.after)
    ends = [part.end for part in batches.of_source(source) if part.end < first.end]
    return text_of(ends[-1] if ends else (0, 0))


def _write_together(files: Sequence[Path], to: Path) -> None:
    names = sorted({name for file in files for name in pq.read_schema(file).names})
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(to, schema, compression="zstd") as writer:
        for group in _groups(files):
            tables = [pq.read_table(file, partitioning=None) for file in group]
            together = pa.concat_tables(tables, promote_options="default")
            missing = [name for name in names if name not in together.column_names]
            for name in missing:
                together = together.append_column(name, pa.nulls(len(together), pa.string()))
            writer.write_table(together.select(names))


def _groups(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Return the files in order, together so many that their rows are worth a row group."""
    group: list[Path] = []
    n_rows = 0
    for file in files:
        group.append(file)
        n_rows += pq.read_metadata(file).num_rows
        if n_rows >= N_ROWS_A_GROUP:
            yield group
            group, n_rows = [], 0
    if group:
        yield group
