"""A calendar of holidays as people keep it: a table of `date`, `name` and, of several countries, `country`.

The shop's own is `holidays.csv` in `EMPORIUM_HOME`; without it no holiday is known. A holiday whose day moves
from year to year has a row for each; the years to come are to be in it, too, as far as is foreseen.
"""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from jobs.runner import JobError, Settings
from models.forecasting.holidays import Holidays, holidays_of

COLUMNS = ("date", "name")
COUNTRY = "country"


class HolidayFileError(ValueError):
    """The calendar can't be used; the message says what to do."""


def calendar(settings: Settings) -> Holidays:
    """Return the shop's holidays, none where it keeps no calendar.

    Raises
    ------
    JobError
        If the calendar can't be used.
    """
    try:
        return read_holidays(settings.holidays, settings.holiday_country)
    except HolidayFileError as error:
        raise JobError(str(error)) from error


def read_holidays(path: Path, country: str = "") -> Holidays:
    """Return the holidays of a CSV file, none where there is no such file.

    Raises
    ------
    HolidayFileError
        As `calendar_of`, or if the file can't be read.
    """
    if not path.exists():
        return Holidays()
    try:
        table = pyarrow.csv.read_csv(path)
    except pa.ArrowInvalid as error:
        raise HolidayFileError(f"{path} can't be read: {error}") from error
    return calendar_of(table, country, path)


def calendar_of(table: pa.Table, country: str, path: Path) -> Holidays:
    """Return the holidays of a table, of one country where it has several.

    Raises
    ------
    HolidayFileError
        If a column is missing, a date is none, a name is empty, or it isn't clear whose holidays are meant.
    """
    if missing := [name for name in COLUMNS if name not in table.column_names]:
        raise HolidayFileError(
            f"{path} has no column {', '.join(missing)}: a calendar has date, name and, of several "
            "countries, country"
        )
    rows = _of_country(table, country, path).select(["line", *COLUMNS]).to_pylist()
    return holidays_of(_holiday(row["line"], row["date"], row["name"], path) for row in rows)


def _of_country(table: pa.Table, country: str, path: Path) -> pa.Table:
    numbered = table.append_column("line", pa.array(range(1, table.num_rows + 1), pa.int64()))
    if COUNTRY not in table.column_names:
        if country:
            raise HolidayFileError(f"{path} has no column {COUNTRY}: leave {country} away")
        return numbered
    countries = [str(each or "").strip() for each in table[COUNTRY].to_pylist()]
    known = sorted(set(countries))
    if not country and len(known) > 1:
        raise HolidayFileError(
            f"{path} has holidays of {', '.join(known)}: choose by --country, the shop's jobs by "
            "HOLIDAY_COUNTRY"
        )
    if country and country not in known:
        raise HolidayFileError(f"{path} has no holidays of {country}, but of {', '.join(known)}")
    return numbered.filter(pa.array([not country or each == country for each in countries]))


def _holiday(line: int, date: object, name: object, path: Path) -> tuple[dt.date, str]:
    day = _date(date)
    if day is None:
        raise HolidayFileError(f"{path}, row {line}: {date} is no date: write 2024-12-25")
    if not str(name or "").strip():
        raise HolidayFileError(f"{path}, row {line}: the holiday has no name")
    return day, str(name).strip()


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        return None
