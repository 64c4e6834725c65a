"""A log's Great Expectations suite: what a day's rows must be as a whole.

Single bad rows go to quarantine; a suite fails only when so many are bad that the producer, not
the row, must be at fault.
"""

from collections.abc import Iterator

from great_expectations.core import ExpectationSuite
from great_expectations.expectations import core as gxe
from great_expectations.expectations.expectation import Expectation
from pydantic import AwareDatetime

from features.expectations.counted import (
    ExpectValueLengthsToBeBetween,
    ExpectValuesToBeBetween,
    ExpectValuesToBeInSet,
    ExpectValuesToMatchRegex,
    ExpectValuesToNotBeNull,
)
from features.schemas.column import Column, columns
from features.schemas.row import LogRow, NotAfter

GOOD_RATIO = 2 / 3
"""A suite fails when a third of the rows, or more, break an expectation."""

IS_GOOD = "is_good"
"""Column of the judged rows: true where a row has no reason against it."""


def order_column(rule: NotAfter) -> str:
    """Return the name of the column that holds whether a row's two times are in order, null if one is missing.

    Great Expectations counts what breaks an expectation of two columns in jobs of its own, each time.
    """
    return f"{rule.earlier}_is_not_after_{rule.later}"


def expectation_suite(row: type[LogRow], *, rows_required: bool) -> ExpectationSuite:
    """Return the suite of a log's judged rows (typed columns, `is_good` and an `order_column` for each such rule)."""
    expectations: list[Expectation] = list(_table_expectations(row, rows_required=rows_required))
    for column in columns(row):
        expectations += _column_expectations(column)
    for rule in row.rules:
        if isinstance(rule, NotAfter):
            expectations.append(
                ExpectValuesToBeInSet(
                    column=order_column(rule), value_set=[True], mostly=GOOD_RATIO
                )
            )
    return ExpectationSuite(name=row.table, expectations=expectations)


def _table_expectations(row: type[LogRow], *, rows_required: bool) -> Iterator[Expectation]:
    names = {column.name for column in columns(row)}
    yield gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=False)
    if rows_required:
        yield gxe.ExpectTableRowCountToBeBetween(min_value=1)
    yield ExpectValuesToBeInSet(column=IS_GOOD, value_set=[True], mostly=GOOD_RATIO)


def _column_expectations(column: Column) -> Iterator[Expectation]:
    if not column.nullable:
        yield ExpectValuesToNotBeNull(column=column.name, mostly=GOOD_RATIO)
    if (column.ge is not None or column.le is not None) and column.type is not AwareDatetime:
        yield ExpectValuesToBeBetween(
            column=column.name, min_value=column.ge, max_value=column.le, mostly=GOOD_RATIO
        )
    if column.options:
        yield ExpectValuesToBeInSet(
            column=column.name, value_set=list(column.options), mostly=GOOD_RATIO
        )
    if column.pattern:
        yield ExpectValuesToMatchRegex(column=column.name, regex=column.pattern, mostly=GOOD_RATIO)
    if column.min_length or column.max_length:
        yield ExpectValueLengthsToBeBetween(
            column=column.name,
            min_value=column.min_length,
            max_value=column.max_length,
            mostly=GOOD_RATIO,
        )
