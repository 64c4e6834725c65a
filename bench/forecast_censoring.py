"""Demand in hours out of stock: what is estimated beside what was hidden.

python -m bench.forecast_censoring --data-dir FOLDER [--quick] [--json FILE]

FOLDER holds `freshretailnet/daily.parquet`: sales by store, product and day, and which hours were out of stock. On
days wholly in stock, sales are hidden and estimated again. The data has no sales by hour, so that is assumed: a
unit (a tenth of the data's amounts) falls into each hour with the chance that a profile says. The profile is learnt on
one half of the series, from days whose goods came late, for these days' own sales did not empty the shelf; the other
half is judged, with a profile of its own. Hidden in two ways: hours of other days' real stock-outs, which
have nothing to do with the sales of the day; and all after a stock drawn at random was sold.

How fast days fade is chosen on the two weeks before the three that are judged. What days in stock sell is less
than what was wanted on others: that is why they stayed in stock, and an estimate of any day is therefore above them.
The simulated shop, whose true demand is known, goes first.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench import forecast_censoring_shop
from bench.table import Figure, parser, report
from models.evaluation.forecasts import bias, wape
from models.forecasting.censoring import (
    Floats,
    RateSettings,
    Sales,
    exposures,
    learn,
)

FILE = Path("freshretailnet") / "daily.parquet"
COLUMNS = [
    "product_id", "dt", "sale_amount", "stockout_bits", "holiday_flag", "activity_flag", "discount",
]  # fmt: skip
FIRST_HOUR, END_HOUR = 6, 22
N_HOURS = END_HOUR - FIRST_HOUR
UNITS_PER_AMOUNT = 10
WARM_UP_DAYS = 14
CHOSEN_ON, JUDGED_ON = (42, 56), (56, 76)
HALF_LIVES_DAYS = (7.0, 14.0, 28.0)
HIDDEN_SHARE_OF_DAYS = 0.3
STOCK_TO_MEAN = (0.2, 1.4)
N_PASSES = 200
SEED = 1
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Shops:
    """Series of sales; `is_out` by hour of the opening hours, `products` their group."""

    units: Floats
    is_out: Mask
    products: NDArray[np.int64]
    traits: Floats

    def of(self, rows: NDArray[np.int64]) -> "Shops":
        """Return some of the series."""
        return Shops(
            self.units[rows],
            self.is_out[rows],
            np.unique(self.products[rows], return_inverse=True)[1],
            self.traits[rows],
        )

    def until(self, n_days: int) -> "Shops":
        """Return the first days alone."""
        return replace(
            self,
            units=self.units[:, :n_days],
            is_out=self.is_out[:, :n_days],
            traits=self.traits[:, :n_days],
        )

    @property
    def in_stock(self) -> Mask:
        """Which days were in stock in all opening hours."""
        return np.asarray(~self.is_out.any(axis=-1))

    def sales(self, profile: Floats) -> Sales:
        """Return them as the model takes them."""
        exposure = exposures((~self.is_out).astype(np.float64), profile)
        n_products = int(self.products.max()) + 1
        return Sales(self.units, exposure, self.products, n_products, self.traits)


@dataclass(frozen=True)
class Hidden:
    """Days of which sales were hidden, and what they truly sold; `shops` as a shop would see them."""

    shops: Shops
    days: tuple[NDArray[np.int64], NDArray[np.int64]]
    truth: Floats


def figures(data_dir: Path, *, quick: bool = False) -> Iterator[Figure]:
    """Yield the errors of all estimates, in percent of the true demand."""
    every = read(data_dir / FILE, n_series=4_000 if quick else None)
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(every.units))
    others, judged = every.of(order[::2]), every.of(order[1::2])
    true_profile = late_delivery_profile(others.until(JUDGED_ON[0]))
    profile = late_delivery_profile(judged.until(CHOSEN_ON[0]))
    settings = chosen_settings(judged.until(CHOSEN_ON[1]), true_profile, profile)
    yield Figure(
        "half-life of days, chosen on the two weeks before", settings.half_life_days, "days"
    )
    for name, hide in HIDINGS.items():
        hidden = hide(
            judged.until(JUDGED_ON[1]), JUDGED_ON, true_profile, np.random.default_rng(SEED)
        )
        yield from compared(name, hidden, estimates(hidden, profile, settings))
    yield from downstream(judged, profile, settings)


def read(file: Path, n_series: int | None) -> Shops:
    """Return the first series of the file, all of the same days, in order."""
    table = pq.read_table(file, columns=COLUMNS)
    n_days = len(table["dt"].unique())

    def matrix(name: str) -> Floats:
        values = table[name].to_numpy().reshape(-1, n_days)[:n_series]
        return np.asarray(values, np.float64)

    hours = np.arange(FIRST_HOUR, END_HOUR)
    bits = matrix("stockout_bits").astype(np.int64)
    is_out = ((bits[..., None] >> hours) & 1).astype(bool)
    units = np.round(matrix("sale_amount") * UNITS_PER_AMOUNT)
    products = matrix("product_id")[:, 0].astype(np.int64)
    return Shops(units, is_out, products, traits(matrix))


def traits(matrix: Callable[[str], Floats]) -> Floats:
    """Return weekday, holiday, promotion and the logarithm of the discount beside the usual one."""
    holiday = matrix("holiday_flag")
    price = np.log(np.clip(matrix("discount"), 0.3, 1.1))
    usual = np.median(price[:, : CHOSEN_ON[0]], axis=1, keepdims=True)
    weekdays = [
        np.broadcast_to(np.arange(holiday.shape[1]) % 7 == day, holiday.shape) for day in range(6)
    ]
    return np.stack([*weekdays, holiday, matrix("activity_flag"), price - usual], axis=-1)


def late_delivery_profile(shops: Shops) -> Floats:
    """Return the share of each hour in a day's demand, by expectation-maximisation.

    Of days that are out of stock at first and in stock at the end, beside the mean of the series'
    days in stock: the units of such a day are Poisson with that mean times the shares of its open hours.
    """
    in_stock = shops.in_stock
    n_in_stock = in_stock.sum(axis=1)
    counts = n_in_stock >= WARM_UP_DAYS
    mean = np.where(in_stock, shops.units, 0).sum(axis=1) / np.maximum(n_in_stock, 1)
    late = counts[:, None] & ~shops.is_out[..., -1]
    masks, which = np.unique(~shops.is_out[late], axis=0, return_inverse=True)
    sold = np.bincount(which.ravel(), shops.units[late])
    foreseen = np.bincount(which.ravel(), np.broadcast_to(mean[:, None], late.shape)[late])
    profile = np.full(N_HOURS, 1 / N_HOURS)
    for _ in range(N_PASSES):
        ratio = sold / np.maximum(foreseen * (masks @ profile), 1e-9)
        profile = profile * ((ratio * foreseen) @ masks) / (foreseen @ masks)
        profile = profile / profile.sum()
    return profile


def hide_hours(
    shops: Shops, days: tuple[int, int], profile: Floats, rng: np.random.Generator
) -> Hidden:
    """Hide the hours that other days' stock-outs had."""
    rows, columns, by_hour = drawn_days(shops, days, profile, rng)
    out = shops.is_out[:, : days[0]][~shops.in_stock[:, : days[0]]]
    masks = out[rng.integers(0, len(out), len(rows))]
    return hidden(shops, rows, columns, masks, (by_hour * ~masks).sum(axis=1))


def hide_after_selling_out(
    shops: Shops, days: tuple[int, int], profile: Floats, rng: np.random.Generator
) -> Hidden:
    """Hide what came after a stock, drawn beside the mean of the days before, was sold."""
    rows, columns, by_hour = drawn_days(shops, days, profile, rng)
    before = shops.until(days[0])
    mean = before.units.sum(axis=1) / np.maximum(before.in_stock.sum(axis=1), 1)
    stock = np.maximum(1, np.round(mean[rows] * rng.uniform(*STOCK_TO_MEAN, len(rows))))
    so_far = by_hour.cumsum(axis=1)
    masks = np.zeros(by_hour.shape, bool)
    masks[:, 1:] = so_far[:, :-1] >= stock[:, None]
    ran_out = masks.any(axis=1)
    sold = np.minimum(so_far[:, -1], stock)
    return hidden(shops, rows[ran_out], columns[ran_out], masks[ran_out], sold[ran_out])


HIDINGS = {"hours of real stock-outs": hide_hours, "sold out": hide_after_selling_out}


def drawn_days(
    shops: Shops, days: tuple[int, int], profile: Floats, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return rows, columns and units by hour of some days in stock."""
    wanted = shops.in_stock & (rng.random(shops.units.shape) < HIDDEN_SHARE_OF_DAYS)
    wanted[:, : days[0]] = wanted[:, days[1] :] = False
    rows, columns = np.nonzero(wanted)
    return rows, columns, rng.multinomial(shops.units[rows, columns].astype(np.int64), profile)


def hidden(
    shops: Shops,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    masks: Mask,
    sold: NDArray[np.int64],
) -> Hidden:
    """Return the shops as seen with these hours out of stock, and the truth."""
    units, is_out = shops.units.copy(), shops.is_out.copy()
    units[rows, columns], is_out[rows, columns] = sold, masks
    truth = shops.units[rows, columns]
    return Hidden(replace(shops, units=units, is_out=is_out), (rows, columns), truth)


def reconstructed(shops: Shops, profile: Floats, settings: RateSettings, n_known: int) -> Floats:
    """Return the demand of all days; effects and weights are learnt from the first `n_known`."""
    model = learn(shops.until(n_known).sales(profile), WARM_UP_DAYS, settings)
    sales = shops.sales(profile)
    return model.of_days(sales).demand(sales)


def by_open_hours(shops: Shops) -> Floats:
    """Return sales as if they had gone on at the pace of the open hours; what was sold if none was open."""
    n_open = N_HOURS - shops.is_out.sum(axis=-1)
    return np.where(n_open > 0, shops.units * N_HOURS / np.maximum(n_open, 1), shops.units)


def estimates(hidden: Hidden, profile: Floats, settings: RateSettings) -> dict[str, Floats]:
    """Return all estimates of the hidden days by name, sales as they are first."""
    found = {
        "stock-outs ignored": hidden.shops.units,
        "scaled by open hours": by_open_hours(hidden.shops),
        "reconstructed": reconstructed(hidden.shops, profile, settings, JUDGED_ON[0]),
    }
    return {name: units[hidden.days] for name, units in found.items()}


def chosen_settings(shops: Shops, true_profile: Floats, profile: Floats) -> RateSettings:
    """Return the settings with the least error on the days before those that are judged."""
    hidden = hide_hours(shops, CHOSEN_ON, true_profile, np.random.default_rng(SEED))
    tried = [RateSettings(half_life_days=days) for days in HALF_LIVES_DAYS]
    errors = [
        wape(hidden.truth, reconstructed(hidden.shops, profile, each, CHOSEN_ON[0])[hidden.days])
        for each in tried
    ]
    return tried[int(np.argmin(errors))]


def compared(title: str, hidden: Hidden, found: dict[str, Floats]) -> Iterator[Figure]:
    """Yield each estimate's errors beside those of sales as they are."""
    ignored = next(iter(found.values()))
    n_hidden = hidden.truth - ignored
    yield Figure(f"{title}: days", len(hidden.truth), "")
    yield Figure(f"{title}: demand hidden", 100 * n_hidden.sum() / hidden.truth.sum(), "%")
    yield from errors(title, hidden.truth, found)
    of_hours = {name: units - ignored for name, units in found.items()}
    yield from errors(f"{title}, hidden hours alone", n_hidden, of_hours)


def errors(title: str, truth: Floats, found: dict[str, Floats]) -> Iterator[Figure]:
    """Yield WAPE and bias of each estimate, beside the first one's."""
    reference = next(iter(found.values()))
    for name, units in found.items():
        for label, measure in (("WAPE", wape), ("bias", bias)):
            value, of_reference = (100 * measure(truth, each) for each in (units, reference))
            yield Figure(f"{title}: {label}, {name}", value, "%", of_reference)


def downstream(shops: Shops, profile: Floats, settings: RateSettings) -> Iterator[Figure]:
    """Yield errors of the mean of the last 7 days as a forecast of the last week, real stock-outs in both.

    Of all days, a forecast of demand times the share of it that the day's open hours have; and of the
    days in stock alone, on which less was wanted than on others.
    """
    first = JUDGED_ON[1]
    known, sales = shops.until(first), shops.sales(profile)
    actual, exposure = sales.units[:, first:], sales.exposure[:, first:]
    in_stock = shops.in_stock[:, first:]
    found = {
        "stock-outs ignored": known.units,
        "scaled by open hours": by_open_hours(known),
        "reconstructed": reconstructed(known, profile, settings, first),
    }
    means = {
        name: np.broadcast_to(units[:, -7:].mean(axis=1, keepdims=True), actual.shape)
        for name, units in found.items()
    }
    open_hours = {name: mean * exposure for name, mean in means.items()}
    yield from errors("mean of 7 days, open hours of all days of the next week", actual, open_hours)
    of_days = {name: mean[in_stock] for name, mean in means.items()}
    yield from errors("mean of 7 days, days in stock of the next week", actual[in_stock], of_days)


def options() -> argparse.ArgumentParser:
    """Return the command's parser."""
    found = parser(__doc__)
    found.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    return found


def main() -> None:
    """Read the command line, run, print."""
    args = options().parse_args()
    if not (args.data_dir / FILE).exists():
        sys.exit(
            f"FAILED: there is no {args.data_dir / FILE}; --data-dir names the folder above it"
        )
    simulated = forecast_censoring_shop.figures(quick=args.quick)
    report([*simulated, *figures(args.data_dir, quick=args.quick)], args.json)


if __name__ == "__main__":
    main()
