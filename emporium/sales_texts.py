"""Numbers and dates as people and spreadsheets write them: 1.234,50; 31.12.2024; 2024-W07."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emporium.table_files import TableFileError

Numbers = NDArray[np.float64]
Moments = NDArray[np.datetime64]

SPACES = r"[\s\u00a0\u202f'\u2019]"
THOUSANDS = r"-?\d{1,3}(,\d{3})+(\.\d+)?"
DECIMAL_COMMA = r"-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"
ISO = "ISO 8601"
WEEK, WEEK_FORMAT = r"(\d{4})-?W(\d{2})", "%G-W%V-%u"
FORMATS = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y",
    "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%b %Y", "%B %Y", "%m/%Y", "%m.%Y",
)  # fmt: skip
"""Tried on dates that are not of ISO 8601, without their time of day."""
MOST_ARE_READ = 0.5
"""Where fewer than this share of dates are not of ISO 8601, no other format reads more."""
TIME_OF_DAY = r"[ T]+\d{1,2}:\d{2}.*$"


def numbers_of(texts: "pd.Series[str]") -> Numbers:
    """Return the numbers that a column of texts holds, nan where there is none.

    The sign before decimals, a point or a comma, is that of the column: by which most of its cells are numbers, the point
    if it is as good. So `1,234` alone is a thousand and more, and with `0,5` beside it, it is little more than one.
    """
    bare = texts.str.replace(SPACES, "", regex=True)
    of_point = _floats(bare)
    grouped = _floats(_matching(bare, THOUSANDS).str.replace(",", "", regex=False))
    with_comma = _matching(bare, DECIMAL_COMMA).str.replace(".", "", regex=False)
    readings = [
        of_point,
        np.where(np.isnan(of_point), grouped, of_point),
        _floats(with_comma.str.replace(",", ".", regex=False)),
    ]
    return max(readings, key=lambda each: int(np.isfinite(each).sum()))


def _matching(texts: "pd.Series[str]", pattern: str) -> "pd.Series[str]":
    return texts.where(texts.str.fullmatch(pattern).fillna(value=False).astype(bool))


def _floats(texts: "pd.Series[str]") -> Numbers:
    return np.asarray(pd.to_numeric(texts.astype(object), errors="coerce"), np.float64)


def moments_of(texts: "pd.Series[str]", text_format: str | None) -> tuple[Moments, str]:
    """Return the times that a column of texts holds, and in which format they were read.

    Parameters
    ----------
    text_format
        As `strptime` takes it; None: ISO 8601, or the one of the usual formats that reads most of the texts.

    Raises
    ------
    TableFileError
        If two formats read as many, and not as the same days, or there is no such format.
    """
    if text_format:
        return _as_written(texts, text_format), text_format
    iso = _parsed(texts, "ISO8601")
    if np.isnat(iso).mean() < MOST_ARE_READ:
        return iso, ISO
    days = texts.str.replace(TIME_OF_DAY, "", regex=True)
    weeks = days.str.replace(WEEK, r"\1-W\2-1", regex=True)
    found = {ISO: iso, "year and week": _parsed(weeks, WEEK_FORMAT)}
    found |= {each: _parsed(days, each) for each in FORMATS}
    n_read = {name: int((~np.isnat(moments)).sum()) for name, moments in found.items()}
    best = [name for name, n in n_read.items() if n == max(n_read.values())]
    if n_read[best[0]] and len({found[name].tobytes() for name in best}) > 1:
        example = texts[~np.isnat(found[best[0]])].iloc[0]
        raise TableFileError(
            f"dates such as {example} can be read as {' or as '.join(best)}: say which by --date-format"
        )
    return found[best[0]], best[0]


def _as_written(texts: "pd.Series[str]", text_format: str) -> Moments:
    try:
        return _parsed(texts, text_format)
    except ValueError as error:
        raise TableFileError(f"--date-format {text_format}: {error}") from error


def _parsed(texts: "pd.Series[str]", text_format: str) -> Moments:
    parsed = pd.to_datetime(texts, errors="coerce", utc=True, format=text_format)
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
