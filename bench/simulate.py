"""A large simulated shop: rows, seconds, and whether memory stays bounded.

python -m bench.simulate [--products 1000000] [--events 100000000] [--quick] [--json FILE]

Peak memory is the sum over all processes (proportional set size), looked at four times a second. The
reference of the large run's memory is that of a shop of a tenth of the products and events.
"""

import datetime as dt
import sys
import tempfile
from pathlib import Path

from bench.table import Figure, parser, report
from bench.watch import say, watched
from features.schemas.logs import LOGS
from jobs.partitions import count_rows

LAST_DAY = dt.date(2026, 1, 31)
PRODUCTS_AT_SCALE_1 = 5_000
EVENTS_A_DAY_AT_SCALE_1 = 8_500
"""Rows of the clickstream a day, or a little more."""


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--products", type=int, default=1_000_000)
    options.add_argument("--events", type=int, default=100_000_000)
    options.add_argument("--scratch", type=Path, help="folder for the run; default: temporary")
    args = options.parse_args()
    part = 100 if args.quick else 1
    n_products, n_events = args.products // part, args.events // part
    small = simulated(n_products // 10, n_events // 10, args.scratch)
    large = simulated(n_products, n_events, args.scratch)
    figures = [
        Figure(name, value, unit, small[name][0] if unit == "GB" else None)
        for name, (value, unit) in large.items()
    ]
    report(figures, args.json)
    if large["clickstream"][0] < n_events:
        sys.exit(f"FAILED: fewer than {n_events:,} events were simulated; raise --events")


def simulated(n_products: int, n_events: int, scratch: Path | None) -> dict[str, tuple[float, str]]:
    """Simulate a shop into a folder that is removed afterwards; return figures and their units."""
    scale = n_products / PRODUCTS_AT_SCALE_1
    n_days = max(2, round(n_events / (scale * EVENTS_A_DAY_AT_SCALE_1)))
    with tempfile.TemporaryDirectory(dir=scratch, prefix="bench-") as folder:
        shop = Path(folder) / "shop"
        command = [sys.executable, "-m", "simulator", "--out", str(shop), "--scale", f"{scale:.4f}"]
        command += ["--days", str(n_days), "--last-day", str(LAST_DAY)]
        seconds, n_bytes = watched(command, Path(folder))
        files = {row.table: (shop / "raw" / row.table).rglob("*.parquet") for row in LOGS}
        rows = {table: (float(count_rows(found)), "rows") for table, found in files.items()}
    say(f"{n_products:,} products, {n_days} days: {seconds:.0f} s, {n_bytes / 1e9:.2f} GB")
    return rows | {"simulate": (seconds, "s"), "simulate: peak memory": (n_bytes / 1e9, "GB")}


if __name__ == "__main__":
    main()
