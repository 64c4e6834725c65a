"""Judge raw rows one by one: typed columns, and the reasons why a row is no row of its log.

A reason names a column and a rule, never the value, so that reasons can be counted.
"""

from collections.abc import Iterator

from pydantic import AwareDatetime
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.column import Column, columns
from features.schemas.row import REJECT, LogRow, NotAfter, RequiredFor, Rule
from features.schemas.spark import spark_type

LATER_DAY = "recorded_at: after the day"
"""The row is in the partition of a day that was over before the platform knew of it."""

HAS_OFFSET = r":\d\d(\.\d+)?\s*(Z|[+-]\d\d(:?\d\d)?)$"
"""A time of day and its offset: the day alone, 2024-05-01, ends like one."""


def judge(raw: DataFrame, row: type[LogRow]) -> DataFrame:
    """Return every raw row with typed columns, `raw` and `reasons`.

    Parameters
    ----------
    raw
        The log's columns as text, all of them, `date` as a date, and maybe `reject_reason`.

    Returns
    -------
    DataFrame
        The log's columns, null where the text can't be read; `raw`, a struct of the text as it
        came; `reasons`, an array of text, empty for a good row.
    """
    names = [column.name for column in columns(row)]
    text = raw.select(
        "date", F.struct(*[name for name in raw.columns if name != "date"]).alias("raw")
    )
    typed = text.select(*[_typed(column) for column in columns(row)], "raw")
    given = F.col(f"raw.{REJECT}") if REJECT in raw.columns else F.lit(None).cast("string")
    reasons = F.array_compact(F.array(given, *_reasons(row)))
    return typed.select(*names, "raw", reasons.alias("reasons"))


def with_reason(judged: DataFrame, condition: SparkColumn, reason: str) -> DataFrame:
    """Add `reason` to the rows for which `condition` is true."""
    added = F.when(condition, F.array_append("reasons", F.lit(reason))).otherwise(F.col("reasons"))
    return judged.withColumn("reasons", added)


def _typed(column: Column) -> SparkColumn:
    if column.name == "date":
        return F.col("date")
    text = F.col(f"raw.{column.name}")
    if column.type is str:
        return text.alias(column.name)
    if column.type is AwareDatetime:
        text = F.when(_has_offset(text), text)
    return text.try_cast(spark_type(column.type)).alias(column.name)


def _has_offset(text: SparkColumn) -> SparkColumn:
    # UTC as most write it, without the price of a pattern.
    return text.endswith("+00:00") | text.rlike(HAS_OFFSET)


def _reasons(row: type[LogRow]) -> Iterator[SparkColumn]:
    for column in columns(row):
        if column.name != "date":
            yield from _column_reasons(column)
    for rule in row.rules:
        yield F.when(_broken(rule), F.lit(rule_reason(rule)))
    yield F.when(F.to_date("recorded_at") > F.col("date"), F.lit(LATER_DAY))


def _column_reasons(column: Column) -> Iterator[SparkColumn]:
    value, text = F.col(column.name), F.col(f"raw.{column.name}")
    if not column.nullable:
        yield F.when(text.isNull(), F.lit(f"{column.name}: missing"))
    if column.type is not str:
        kind = "time with an offset" if column.type is AwareDatetime else "whole number"
        unread = text.isNotNull() & value.isNull()
        yield F.when(unread, F.lit(f"{column.name}: not a {kind}"))
    for condition, words in _limits(column, value):
        yield F.when(condition, F.lit(f"{column.name}: {words}"))


def _limits(column: Column, value: SparkColumn) -> Iterator[tuple[SparkColumn, str]]:
    if column.ge is not None:
        yield value < column.ge, f"below {column.ge}"
    if column.le is not None:
        yield value > column.le, f"above {column.le}"
    if column.min_length is not None:
        yield F.length(value) < column.min_length, f"shorter than {column.min_length}"
    if column.max_length is not None:
        yield F.length(value) > column.max_length, f"longer than {column.max_length}"
    if column.pattern is not None:
        yield ~value.rlike(column.pattern), f"not like {column.pattern}"
    if column.options:
        yield ~value.isin(*column.options), f"not one of {', '.join(column.options)}"


def _broken(rule: Rule) -> SparkColumn:
    if isinstance(rule, NotAfter):
        return F.col(rule.earlier) > F.col(rule.later)
    return F.col(rule.when).isin(*rule.values) & F.col(f"raw.{rule.column}").isNull()


def rule_reason(rule: Rule) -> str:
    """Return the reason a row is given for breaking a rule of two columns."""
    if isinstance(rule, NotAfter):
        return f"{rule.earlier}: after {rule.later}"
    assert isinstance(rule, RequiredFor)  # noqa: S101 - tells mypy that the union ends here
    return f"{rule.column}: missing for {rule.when} {' or '.join(rule.values)}"
