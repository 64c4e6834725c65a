"""A shop of three days, six products and eight customers, as raw rows: the same in every run."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.schemas.lake import DERIVED
from features.schemas.logs import LOGS
from jobs.raw import RawBatches

DAYS = [dt.date(2024, 5, 1), dt.date(2024, 5, 2), dt.date(2024, 5, 3)]
N_PRODUCTS, N_CUSTOMERS = 6, 8
N_VISITS_A_DAY = 12
Raw = dict[str, str | None]


def at(day: dt.date, second: int) -> str:
    moment = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(seconds=second)
    return moment.isoformat()


def times(day: dt.date, second: int) -> Raw:
    return {"occurred_at": at(day, second), "recorded_at": at(day, second + 1)}


def products() -> list[Raw]:
    return [
        times(DAYS[0], 0)
        | {
            "event_id": f"p{n}",
            "product_id": str(n),
            "external_id": None,
            "title": f"Thing {n}",
            "description": "",
            "category_id": str(10 + n % 2),
            "category_path": "Things",
            "brand": None,
            "seller_id": None,
            "price_cents": str(100 * n),
            "attributes": "{}",
            "status": "published",
        }
        for n in range(1, N_PRODUCTS + 1)
    ]


def stock_levels() -> list[Raw]:
    return [
        times(DAYS[0], 0)
        | {
            "event_id": f"l{n}",
            "product_id": str(n),
            "n_available": str(n - 1),
            "reason": "opening",
        }
        for n in range(1, N_PRODUCTS + 1)
    ]


def order_line(
    day: dt.date, second: int, order: int, line: int, product: int, **changed: str
) -> Raw:
    return (
        times(day, second)
        | {
            "event_id": f"o{order}-{line}",
            "order_id": str(order),
            "line_number": str(line),
            "customer_id": str(1 + order % N_CUSTOMERS),
            "product_id": str(product),
            "kind": "sale",
            "quantity": "1",
            "unit_price_cents": str(100 * product),
            "currency": "EUR",
            "region": None,
        }
        | changed
    )


def click(day: dt.date, second: int, n: int, kind: str, product: int | None, **changed: Any) -> Raw:
    return (
        times(day, second)
        | {
            "event_id": f"c{day:%d}-{n}-{second}",
            "session_id": f"s{day:%d}-{n}",
            "customer_id": str(1 + n % N_CUSTOMERS) if n % 3 else None,
            "kind": kind,
            "product_id": None if product is None else str(product),
            "query": "thing" if kind == "search" else None,
            "surface": None,
            "position": None,
            "price_shown_cents": None,
        }
        | changed
    )


def orders_of(day: dt.date) -> list[Raw]:
    """Baskets of two or three products; one bad row, one late row, one return."""
    rng = random.Random(f"orders {day}")
    lines = []
    for n in range(N_VISITS_A_DAY):
        order = 100 * day.day + n
        basket = sorted(rng.sample(range(1, N_PRODUCTS + 1), rng.choice([2, 3])))
        second = rng.randrange(86_000)
        lines += [order_line(day, second, order, k + 1, p) for k, p in enumerate(basket)]
    bad = order_line(day, 50, 100 * day.day + 98, 1, 1, quantity="0")
    back = order_line(day, 86_300, 100 * day.day, 99, 1, kind="return")
    late = order_line(day, 60, 100 * day.day + 97, 1, 2) | {
        "occurred_at": at(day - dt.timedelta(days=1), 60)
    }
    return [*lines, bad, back, late]


def clicks_of(day: dt.date) -> list[Raw]:
    """Visits of one or two searches and four views; one event twice, one of an unknown product."""
    rng = random.Random(f"clicks {day}")
    events = []
    for n in range(N_VISITS_A_DAY):
        start = rng.randrange(80_000)
        events.append(click(day, start, n, "search", None))
        if n % 2:
            events.append(click(day, start + 60, n, "search", None, query="small thing"))
        for step in range(1, 5):
            kind = "cart" if step == 4 else "view"
            events.append(click(day, start + 700 * step, n, kind, rng.randint(1, N_PRODUCTS)))
    return [*events, dict(events[-1]), click(day, 40, 99, "view", 77)]


def reviews_of(day: dt.date) -> list[Raw]:
    """Every other product gets a review; that of product 1 is of one review, changed each day."""
    return [
        times(day, 100 * product)
        | {
            "event_id": f"r{day:%d}-{product}",
            "review_id": str(1 if product == 1 else 10 * day.day + product),
            "product_id": str(product),
            "rating": str(1 + (product + day.day) % 5),
            "status": "published",
        }
        for product in range(1, N_PRODUCTS + 1, 2)
    ]


def rows_of(day: dt.date) -> dict[str, list[Raw]]:
    found = {
        "order_lines": orders_of(day),
        "clickstream": clicks_of(day),
        "reviews": reviews_of(day),
    }
    if day == DAYS[0]:
        found |= {"products": products(), "stock_levels": stock_levels()}
    return found


def write_raw(lake: Path, days: list[dt.date] = DAYS) -> None:
    for day in days:
        append(lake, day, rows_of(day))


def append(lake: Path, day: dt.date, rows: dict[str, list[Raw]]) -> None:
    batches = RawBatches(lake)
    batches.append("tiny", f"{len(batches.names()) + 1}-1", rows, day)


def contents(lake: Path) -> dict[tuple[str, str, str], list[str]]:
    """Every published row, as text in order, by layer, table and day."""
    names = {row.table for row in (*LOGS, *DERIVED)}
    found = {}
    for layer in ("validated", "quarantine", "derived"):
        for link in sorted((lake / layer).glob("*/date=*")):
            if link.parent.name in names:
                rows = [row for part in link.glob("*.parquet") for row in _rows(part)]
                found[layer, link.parent.name, link.name.removeprefix("date=")] = sorted(rows)
    return found


def filled(lake: Path) -> dict[tuple[str, str, str], list[str]]:
    """What a reader sees: a day without a partition and one without rows are the same."""
    return {partition: rows for partition, rows in contents(lake).items() if rows}


def _rows(part: Path) -> list[str]:
    table: pa.Table = pq.read_table(part, partitioning=None)
    return [repr(sorted(row.items())) for row in table.to_pylist()]
