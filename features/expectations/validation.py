"""Run the logs' suites on Spark and keep the results as pages (Great Expectations' Data Docs)."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.expectations.suite import expectation_suite, order_column
from features.schemas.row import LogRow, NotAfter

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # noqa: TID251 - read at its import

import great_expectations as gx

BUILDER = {"class_name": "DefaultSiteIndexBuilder"}


@dataclass(frozen=True)
class Verdict:
    """What a suite said: `failures` are sentences, none if it passed."""

    table: str
    n_expectations: int
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Validator:
    """Runs suites, one at a time; every result becomes a page below `docs`."""

    context: Any
    docs: Path
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def verdict(self, judged: DataFrame, row: type[LogRow], *, rows_required: bool) -> Verdict:
        """Run the log's suite on its judged rows."""
        with self._turn:
            return self._verdict(judged, row, rows_required=rows_required)

    def _verdict(self, judged: DataFrame, row: type[LogRow], *, rows_required: bool) -> Verdict:
        suite = expectation_suite(row, rows_required=rows_required)
        source = self.context.data_sources.add_or_update_spark(name=row.table, persist=False)
        asset = source.add_dataframe_asset(name=row.table)
        batch = asset.add_batch_definition_whole_dataframe("days")
        definition = gx.ValidationDefinition(
            name=row.table, data=batch, suite=self.context.suites.add_or_update(suite)
        )
        definition = self.context.validation_definitions.add_or_update(definition)
        result = definition.run(
            batch_parameters={"dataframe": with_order(judged, row)},
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
        )
        failures = tuple(_sentence(row.table, r) for r in result.results if not r.success)
        return Verdict(row.table, len(result.results), failures)

    def build_docs(self) -> Path:
        """Write the pages, point `latest` beside them at them, and return the index page."""
        with self._turn:
            self.context.build_data_docs()
        latest = self.docs.with_name("latest")
        aside = self.docs.with_name(f".latest-{os.getpid()}")
        aside.unlink(missing_ok=True)
        aside.symlink_to(self.docs.name)
        aside.replace(latest)
        return self.docs / "index.html"


def with_order(judged: DataFrame, row: type[LogRow]) -> DataFrame:
    """Add to judged rows what the suite asks of two columns."""
    rules = [rule for rule in row.rules if isinstance(rule, NotAfter)]
    return judged.withColumns(
        {order_column(rule): F.col(rule.earlier) <= F.col(rule.later) for rule in rules}
    )


def open_validator(docs: Path) -> Validator:
    """Return a validator whose pages go to the folder `docs`."""
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)}
    site = {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": BUILDER}
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site("local", site)
    return Validator(context, docs)


def _sentence(table: str, result: Any) -> str:  # noqa: ANN401 - GX's own result object
    config, found = result.expectation_config, result.result or {}
    subject = config.kwargs.get("column") or "the table"
    rule = config.type.removeprefix("expect_").replace("_", " ")
    if result.exception_info and result.exception_info.get("raised_exception"):
        return f"{table}: {subject}: {rule}: {result.exception_info.get('exception_message')}"
    percent = found.get("unexpected_percent")
    seen = f"{percent:.1f} % of the rows break it" if percent is not None else f"found {found}"
    return f"{table}: {subject}: {rule}: {seen}"
