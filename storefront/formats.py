"""Money, days and numbers as a reader of the shop's language writes them."""

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal


@lru_cache(maxsize=10_000)
def money(cents: int, currency: str, language: str) -> str:
    """Return cents as an amount of their currency."""
    return format_currency(Decimal(cents) / 100, currency, locale=language)


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


def _parsed(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC)
