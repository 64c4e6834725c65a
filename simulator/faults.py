"""What goes wrong on the way from a shop to its lake: late rows, rows twice, rows that make no sense."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.logs import ClickstreamEvent, OrderLine, Review
from features.schemas.row import LogRow
from simulator.columns import dates, timestamps
from simulator.draws import Ints
from simulator.shop import MS_PER_DAY, SimulatedShop, day_of

HOUR_MS = 3_600_000

DAMAGES: dict[str, tuple[tuple[str, str | None], ...]] = {
    OrderLine.table: (
        ("quantity", "-3"),
        ("kind", "exchange"),
        ("product_id", None),
        ("occurred_at", "yesterday at noon"),
        ("unit_price_cents", "0"),
    ),
    ClickstreamEvent.table: (
        ("kind", "hover"),
        ("product_id", "0"),
        ("session_id", ""),
        ("occurred_at", "2026-02-31T25:00:00+00:00"),
    ),
    Review.table: (("rating", "6"), ("status", "liked"), ("product_id", None)),
}
"""By table: the column to damage and what it then holds. Each breaks a rule of the row's class."""


def recorded(
    row: type[LogRow],
    rows: pa.Table,
    occurred_ms: Ints,
    shop: SimulatedShop,
    rng: np.random.Generator,
) -> pa.Table:
    """Return the rows as the platform came to know them by the end of the shop's last day."""
    n_rows = rows.num_rows
    known_ms = occurred_ms + rng.integers(20, 3_000, n_rows)
    late = rng.random(n_rows) < shop.late_ratio
    known_ms[late] += rng.integers(6 * HOUR_MS, 2 * MS_PER_DAY, n_rows)[late]
    rows = damaged(rows, DAMAGES[row.table], shop.bad_row_ratio, rng)
    twice = np.nonzero(rng.random(n_rows) < shop.duplicate_ratio)[0]
    again_ms = known_ms[twice] + rng.integers(60_000, HOUR_MS, len(twice))
    rows = pa.concat_tables([rows, rows.take(twice)])
    return _known(rows, np.concatenate([known_ms, again_ms]), shop)


def damaged(
    rows: pa.Table,
    damages: tuple[tuple[str, str | None], ...],
    ratio: float,
    rng: np.random.Generator,
) -> pa.Table:
    """Return the rows with about `ratio` of them damaged, each in one way."""
    hit = rng.random(rows.num_rows) < ratio
    way = rng.integers(0, len(damages), rows.num_rows)
    for number, (column, value) in enumerate(damages):
        place = rows.schema.get_field_index(column)
        mask = pa.array(hit & (way == number))
        values = pc.if_else(mask, pa.scalar(value, pa.string()), rows[column])
        rows = rows.set_column(place, column, values)
    return rows


def _known(rows: pa.Table, known_ms: Ints, shop: SimulatedShop) -> pa.Table:
    fields = {"recorded_at": timestamps(known_ms), "date": dates(known_ms)}
    for name, values in fields.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows.filter(pc.less_equal(rows["date"], day_of(shop.last).isoformat()))
