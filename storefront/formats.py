"""Money, days and numbers as a reader of the shop's language writes them."""

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
)


@lru_cache(maxsize=10_000)
def money(cents: int, currency: str, language: str) -> str:
    """Return cents as an amount of their currency."""
    return format_currency(Decimal(cents) / 100, currency, locale=language)


def short_money(cents: float, currency: str, language: str) -> str:
    """Return cents in few signs: `€1.2K`."""
    units = Decimal(round(cents)) / 100
    return format_compact_currency(units, currency, locale=language, fraction_digits=1)


def short_day(moment: str, language: str) -> str:
    """Return the day (UTC) of an ISO 8601 moment without its year."""
    return format_skeleton("MMMd", _parsed(moment), locale=language)


def day(moment: str, language: str) -> str:
    """Return the day (UTC) of an ISO 8601 moment."""
    return format_date(_parsed(moment), "long", locale=language)


def minute(moment: str, language: str) -> str:
    """Return an ISO 8601 moment to the minute, in UTC."""
    at = _parsed(moment)
    date, time = (
        format_date(at, "medium", locale=language),
        format_time(at, "HH:mm", locale=language),
    )
    return f"{date}, {time} UTC"


@lru_cache(maxsize=1_000)
def number(value: float, language: str) -> str:
    """Return a number with the language's separators."""
    return format_decimal(value, locale=language)


def language_name(language: str) -> str:
    """Return what a language calls itself."""
    return (Locale(language).get_language_name(language) or language).capitalize()


def percent(ratio: float, language: str) -> str:
    """Return a ratio as percent, with one digit after the point."""
    return format_percent(ratio, "#,##0.0%", locale=language)


def span(seconds: float) -> str:
    """Return a duration in its two largest units: `2 h 5 min`, `1 min 20 s`, `3.2 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _parsed(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC)
