"""The simulated shop: what its published forecast errs by, with the sellers of its products and without.

Its shoppers choose by price, season, promotion and taste and know no holidays; so the seller can but help a little,
and this is to see that it does no harm.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.policy_world import LAST_DAY, expected_of_a_day
from bench.table import Figure
from jobs.forecast_demand import HORIZON, forecasters
from models.forecasting.backtest import measures
from models.forecasting.panel import Panel, panel_of
from simulator.catalogue import catalogue
from simulator.listings import N_SELLERS_PER_BRAND
from simulator.shop import SimulatedShop

N_DAYS, N_PRODUCTS, N_SHOPPERS = 148, 800, 40_000
SEED = 7


def panel_of_shop(*, quick: bool) -> Panel:
    """Return the units wanted of each product, which begin on the day of its launch."""
    n_products, n_shoppers = (200, 10_000) if quick else (N_PRODUCTS, N_SHOPPERS)
    shop = SimulatedShop(LAST_DAY, N_DAYS, n_products=n_products, n_shoppers=n_shoppers, seed=SEED)
    days = np.arange(shop.first, shop.last + 1)
    expected = np.stack([expected_of_a_day(shop, day) for day in days.tolist()], axis=1)
    units = np.random.default_rng(SEED).poisson(expected).astype(np.float64)
    made, products = catalogue(shop), np.arange(n_products)
    sellers = made.brand * N_SELLERS_PER_BRAND + products % 2
    codes = {"category": made.leaf, "seller": sellers}
    compact = {name: np.unique(code, return_inverse=True)[1] for name, code in codes.items()}
    return replace(panel_of(units, shop.first_day), codes=compact)


def figures(data: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - every section takes it
    """Return the figures of the section; beside them those without sellers."""
    panel = panel_of_shop(quick=quick)
    n_known = panel.n_periods - HORIZON
    with_sellers, without = (
        judged(each, n_known)
        for each in (panel, replace(panel, codes={"category": panel.codes["category"]}))
    )
    return [
        Figure(f"shop: {title}; beside without sellers", scale * with_sellers[name], unit, scale * without[name])
        for title, name, scale, unit in (
            ("WAPE of the median", "wape", 100, "%"),
            ("WAPE of the mean", "wape_of_mean", 100, "%"),
            ("bias of the mean", "bias", 100, "%"),
            ("pinball loss at 90 %", "pinball_90", 1, "units"),
            ("coverage of the 80 % interval", "coverage_80", 100, "%"),
        )
    ]  # fmt: skip


def judged(panel: Panel, n_known: int) -> dict[str, float]:
    """Return the measures of the shop's model over the last weeks."""
    known = panel.until(n_known)
    forecast = forecasters()["chosen"].fit(known, HORIZON).predict(known, HORIZON)
    return measures(panel.units[:, n_known:], forecast, panel.seen[:, n_known:])
