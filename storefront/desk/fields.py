"""Fields of an operator's forms as the APIs take them; an empty one is None."""

import re

from storefront.deps import Form
from storefront.seller.business import AmountError, cents_of

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
SEPARATORS = re.compile(r"[\s,;]+")


class FieldError(ValueError):
    """A field that cannot be read; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def whole(form: Form, name: str) -> int | None:
    """Return a whole number.

    Raises
    ------
    FieldError
        If it is none.
    """
    text = form.text(name)
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise FieldError(name)
    return int(text) if text else None


def cents(form: Form, name: str) -> int | None:
    """Return an amount such as `12.50` in hundredths.

    Raises
    ------
    FieldError
        If it is none above 0.
    """
    try:
        return cents_of(form.text(name)) if form.text(name) else None
    except AmountError as error:
        raise FieldError(name) from error


def decimal(form: Form, name: str) -> float | None:
    """Return a number with or without a point.

    Raises
    ------
    FieldError
        If it is none.
    """
    text = form.text(name).replace(",", ".")
    if text and not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text):
        raise FieldError(name)
    return float(text) if text else None


def moment(form: Form, name: str) -> str | None:
    """Return a moment that was typed as one of UTC, as RFC 3339 has it.

    Raises
    ------
    FieldError
        If it is none.
    """
    text = form.text(name)
    if text and not MOMENT.fullmatch(text):
        raise FieldError(name)
    return f"{text}:00Z" if text else None


def ids(form: Form, name: str) -> list[int]:
    """Return ids that were typed with commas or blanks between them.

    Raises
    ------
    FieldError
        If one of them is none.
    """
    typed = words(form, name)
    if not all(each.isascii() and each.isdecimal() and len(each) < 17 for each in typed):
        raise FieldError(name)
    return [int(each) for each in typed]


def words(form: Form, name: str) -> list[str]:
    """Return words that were typed with commas or blanks between them."""
    return [each for each in SEPARATORS.split(form.text(name)) if each]


def lines(form: Form, name: str) -> list[str]:
    """Return the lines of a text, without empty ones."""
    return [each.strip() for each in form.text(name).splitlines() if each.strip()]
