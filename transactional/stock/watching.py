"""What follows from a new stock level: the operators are told of low stock, stock-outs are timed."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.outbox.reading import Event

ALERTS = text("""
select product_id, days_of_cover, is_low,
       coalesce(threshold, floor(days_of_cover * coalesce(units_per_day, 0)))::bigint as threshold
from stock_alerts left join demand_rates using (product_id)
where product_id = any(cast(:product_ids as bigint[])) for update of stock_alerts
""")
OUT = text("""
select product_id from stock_outs
where product_id = any(cast(:product_ids as bigint[])) and ended_at is null
""")
TELL = text("""
insert into mails (event_id, kind, facts, created_at, next_try_at)
values ('low-stock-' || :event_id, 'low_stock',
        jsonb_build_object('product_id', cast(:product_id as bigint),
                           'n_available', cast(:n_available as bigint),
                           'threshold', cast(:threshold as bigint),
                           'days_of_cover', cast(:days_of_cover as double precision)), :at, :at)
on conflict do nothing
""")
STATEMENTS = {
    "low": text("""
        update stock_alerts set is_low = true, changed_at = :at where product_id = :product_id"""),
    "enough": text("""
        update stock_alerts set is_low = false, changed_at = :at where product_id = :product_id"""),
    "out": text("""
        insert into stock_outs (product_id, began_at) values (:product_id, :at)
        on conflict do nothing"""),
    "back": text("""
        update stock_outs set ended_at = greatest(began_at, :at)
        where product_id = :product_id and ended_at is null"""),
}


@dataclass(frozen=True, slots=True)
class Level:
    """How many units of a product could be sold from a moment on."""

    event_id: str
    product_id: int
    n_available: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """At how many units the operators are told, and whether they were.

    With `days_of_cover`, the units are the demand of so many days, rounded down.
    """

    threshold: int
    is_low: bool
    days_of_cover: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A level at which something changes: low or enough again, out of stock or back."""

    kind: Literal["low", "enough", "out", "back"]
    level: Level


def follow(
    levels: Sequence[Level], alerts: Mapping[int, Alert], out_of_stock: Collection[int]
) -> list[Turn]:
    """Return what turns with these levels, one after the other.

    Parameters
    ----------
    alerts
        By product, as they were before.
    out_of_stock
        Products of which nothing could be sold before.
    """
    turns: list[Turn] = []
    was_low = {product_id: alert.is_low for product_id, alert in alerts.items()}
    was_out = set(out_of_stock)
    for level in levels:
        product_id, is_out = level.product_id, level.n_available == 0
        if product_id in alerts:
            is_low = level.n_available <= alerts[product_id].threshold
            if is_low != was_low[product_id]:
                turns.append(Turn("low" if is_low else "enough", level))
            was_low[product_id] = is_low
        if is_out != (product_id in was_out):
            turns.append(Turn("out" if is_out else "back", level))
            (was_out.add if is_out else was_out.discard)(product_id)
    return turns


async def watch_levels(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Take over new stock levels; for `OutboxReader`, in whose transaction all of it is done once."""
    levels = [_level(event) for event in events if event.topic == "stock_levels"]
    if not levels:
        return
    ids = {"product_ids": sorted({level.product_id for level in levels})}
    rows = await connection.execute(ALERTS, ids)
    alerts = {row.product_id: Alert(row.threshold, row.is_low, row.days_of_cover) for row in rows}
    out_of_stock = (await connection.scalars(OUT, ids)).all()
    for turn in follow(levels, alerts, out_of_stock):
        level = turn.level
        values = {"product_id": level.product_id, "at": level.at}
        await connection.execute(STATEMENTS[turn.kind], values)
        if turn.kind == "low":
            told = {"event_id": level.event_id, "n_available": level.n_available}
            alert = alerts[level.product_id]
            bound = {"threshold": alert.threshold, "days_of_cover": alert.days_of_cover}
            await connection.execute(TELL, {**values, **told, **bound})


def _level(event: Event) -> Level:
    body = event.body
    at = dt.datetime.fromisoformat(body["occurred_at"])
    return Level(event.event_id, body["product_id"], body["n_available"], at)
