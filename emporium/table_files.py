"""Anybody's file as a table: Parquet, delimited text of any separator, JSON lines; packed or not."""

import codecs
import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

PACKED = (".gz", ".bz2", ".zst", ".lz4")
SEPARATORS = ("\t", ";", "|", ",")
DOUBLE_COLON = b"::"
"""Between the columns of a well-known set of ratings; Arrow takes single characters only."""


class TableFileError(ValueError):
    """A file can't be read as a table; the message says what to do."""


def read_table(path: Path, *, has_header: bool = True) -> pa.Table:
    """Read a file by its suffix.

    Parameters
    ----------
    has_header
        Whether the first line of delimited text names the columns; else they are called 1, 2, ...

    Raises
    ------
    TableFileError
        If it is missing, broken or of a kind that is not read here.
    """
    kinds: dict[str, Callable[[], pa.Table]] = {
        ".parquet": lambda: pyarrow.parquet.read_table(path),
        **dict.fromkeys(
            (".csv", ".tsv", ".txt", ".dat", ".data"), lambda: _delimited(path, has_header)
        ),
        **dict.fromkeys(
            (".json", ".jsonl", ".ndjson"), lambda: pyarrow.json.read_json(_open(path))
        ),
    }
    suffixes = [suffix for suffix in path.suffixes if suffix not in PACKED]
    suffix = suffixes[-1] if suffixes else ""
    if suffix not in kinds:
        raise TableFileError(
            f"{path}: name a file that ends in {', '.join(kinds)}; the text kinds may be packed, as "
            f"{', '.join(PACKED)}"
        )
    try:
        return kinds[suffix]()
    except FileNotFoundError as error:
        raise TableFileError(f"{path}: there is no such file") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise TableFileError(f"{path} can't be read: {error}") from error


def _open(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="detect")


def _delimited(path: Path, has_header: bool) -> pa.Table:  # noqa: FBT001 - handed on
    with _open(path) as stream:
        text = _utf8(stream.read())
    first = text.split(b"\n", 1)[0]
    if DOUBLE_COLON in first:
        text, first = text.replace(DOUBLE_COLON, b"\t"), first.replace(DOUBLE_COLON, b"\t")
    tabs = ".tsv" in path.suffixes
    separator = "\t" if tabs else separator_of(first.decode(errors="replace"))
    table = pyarrow.csv.read_csv(
        io.BytesIO(text),
        read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=not has_header),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator),
        convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True),
    )
    if has_header:
        return table
    return table.rename_columns([str(number + 1) for number in range(table.num_columns)])


def _utf8(text: bytes) -> bytes:
    """Return text in UTF-8 that may be in UTF-16, as spreadsheets write it, or in Windows' Western European letters."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return text.decode("utf-16").encode()
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace").encode()
    return text


def separator_of(line: str) -> str:
    """Return which of `SEPARATORS` a line has most of, outside of quotes; of none, a comma."""
    outside = "".join(line.split('"')[::2])
    counts = {separator: outside.count(separator) for separator in SEPARATORS}
    most = max(counts, key=lambda separator: counts[separator])
    return most if counts[most] else ","
