"""Simulate a shop: python -m simulator --out DIR --days 120 --last-day 2026-01-31 --scale 1."""

import argparse
import datetime as dt
import os
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession

from simulator.shop import SimulatedShop
from simulator.simulate import simulate

PRODUCTS, SHOPPERS = 5_000, 20_000
MAX_HERE = 1_000_000
"""Shoppers times days that one process makes before Spark and its Python workers would have started."""


def main() -> None:
    """Read the command line and write the shop, saying what was written."""
    options = _options()
    shop = SimulatedShop(
        last_day=options.last_day,
        n_days=options.days,
        n_products=max(1, round(PRODUCTS * options.scale)),
        n_shoppers=max(1, round(SHOPPERS * options.scale)),
        seed=options.seed,
        bad_row_ratio=options.bad_row_ratio,
        stock_out_ratio=options.stock_out_ratio,
    )
    start = time.monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - start:6.1f} s] {line}\n")

    say(f"{shop.n_products:,} products, {shop.n_shoppers:,} shoppers, {shop.n_days} days")
    is_small = shop.n_shoppers * shop.n_days <= MAX_HERE
    master = options.master or ("" if is_small else "local[2]")
    simulate(_session(master) if master else None, options.out, shop, options.tasks, say)
    say(f"done: {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for raw/ and truth/")
    parser.add_argument("--days", type=int, default=120, help="days of logs")
    parser.add_argument("--last-day", type=dt.date.fromisoformat, required=True, help="UTC")
    parser.add_argument(
        "--scale", type=float, default=1, help="times 5,000 products, 20,000 shoppers"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--bad-row-ratio", type=float, default=0.002, help="share of malformed rows"
    )
    parser.add_argument(
        "--stock-out-ratio",
        type=float,
        default=0.25,
        help="share of products out of stock once in 60 days; 0: none ever is",
    )
    parser.add_argument("--tasks", type=int, help="Spark's tasks per step; default 4 per core")
    parser.add_argument(
        "--master", default="", help="Spark master; default local[2], and a small shop without"
    )
    return parser.parse_args()


def _session(master: str) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # noqa: TID251
    return (
        SparkSession.builder.master(master)
        .appName("simulator")
        .config("spark.driver.memory", "1g")
        # The work is numpy's; Java's optimising compiler would only take its processors.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )


if __name__ == "__main__":
    main()
