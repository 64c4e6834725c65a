"""Foreseeing more series than one process should hold: parts of a panel in Spark, one model for all.

The model is fitted on a sample, once, and sent to every task with the sums over all series; a part is
foreseen by the functions that foresee a whole panel.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t

from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import Forecast, Forecaster
from models.forecasting.grouping import groups_of
from models.forecasting.groups import Groups
from models.forecasting.holidays import Holidays
from models.forecasting.panel import Panel, Rhythm

N_SERIES_OF_PART = 10_000

INPUT = t.StructType(
    [
        t.StructField("row", t.LongType()),
        t.StructField("units", t.ArrayType(t.FloatType())),
        t.StructField("seen", t.ArrayType(t.FloatType())),
        t.StructField("codes", t.ArrayType(t.LongType())),
    ]
)
OUTPUT = t.StructType(
    [
        t.StructField("row", t.LongType()),
        t.StructField("point", t.ArrayType(t.FloatType())),
        t.StructField("mean", t.ArrayType(t.FloatType())),
        t.StructField("quantiles", t.ArrayType(t.FloatType())),
    ]
)


@dataclass(frozen=True)
class Shared:
    """What every part needs to know of the whole."""

    model: Forecaster
    groups: Groups
    first: dt.date
    rhythm: Rhythm
    code_names: tuple[str, ...]
    horizon: int
    holidays: Holidays


def foreseen(spark: SparkSession, panel: Panel, model: ChosenForecaster, horizon: int) -> Forecast:
    """Return the forecast of a panel without covariates, made in parts by a fitted model."""
    shared = Shared(
        model=model,
        groups=groups_of(panel),
        first=panel.first,
        rhythm=panel.rhythm,
        code_names=tuple(panel.codes),
        horizon=horizon,
        holidays=panel.holidays,
    )
    parts = forecast_parts(series_of(spark, panel), shared).toArrow()
    order = np.argsort(parts["row"].to_numpy())
    point, mean, quantiles = (
        _matrix(parts[name])[order] for name in ("point", "mean", "quantiles")
    )
    by_level = quantiles.reshape(len(order), -1, horizon).swapaxes(0, 1)
    return Forecast(point, mean, by_level, shares=model.shares())


def forecast_parts(series: DataFrame, shared: Shared) -> DataFrame:
    """Return a row of `OUTPUT` for each of `INPUT`; quantiles lie by level, then by period."""
    # Makers of models are functions without a name, which a broadcast by itself can't send.
    sent = series.sparkSession.sparkContext.broadcast(cloudpickle.dumps(shared))  # type: ignore[no-untyped-call]

    def parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        known = cloudpickle.loads(sent.value)
        for batch in batches:
            for first in range(0, batch.num_rows, N_SERIES_OF_PART):
                yield _part(batch.slice(first, N_SERIES_OF_PART), known)

    return series.mapInArrow(parts, OUTPUT)


def series_of(spark: SparkSession, panel: Panel) -> DataFrame:
    """Return the series of a panel as rows of `INPUT`."""
    codes = np.stack(list(panel.codes.values()), axis=1) if panel.codes else _none(panel)
    columns = {
        "row": pa.array(np.arange(panel.n_series)),
        "units": _lists(panel.units, pa.float32()),
        "seen": _lists(panel.seen, pa.float32()),
        "codes": _lists(codes, pa.int64()),
    }
    return spark.createDataFrame(pa.table(columns), INPUT)


def _part(batch: pa.RecordBatch, shared: Shared) -> pa.RecordBatch:
    codes = _matrix(batch["codes"]).reshape(batch.num_rows, -1)
    panel = Panel(
        units=_matrix(batch["units"]),
        seen=_matrix(batch["seen"]),
        first=shared.first,
        rhythm=shared.rhythm,
        codes=dict(zip(shared.code_names, codes.T, strict=True)),
        holidays=shared.holidays,
    )
    found = shared.model.predict(replace(panel, groups=shared.groups), shared.horizon)
    quantiles = found.quantiles.swapaxes(0, 1).reshape(panel.n_series, -1)
    return pa.RecordBatch.from_pydict(
        {
            "row": batch["row"],
            "point": _lists(found.point, pa.float32()),
            "mean": _lists(found.mean, pa.float32()),
            "quantiles": _lists(quantiles, pa.float32()),
        }
    )


def _none(panel: Panel) -> np.ndarray:
    return np.zeros((panel.n_series, 0), np.int64)


def _lists(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    n_rows, width = values.shape
    offsets = np.arange(n_rows + 1, dtype=np.int32) * width
    return pa.ListArray.from_arrays(offsets, pa.array(values.ravel(), kind))


def _matrix(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = whole.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat.reshape(len(whole), -1))
