"""What simulated shoppers do with lists that others made (bench.live_shop_choices, bench.clock_ahead)."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.clock_ahead import clock_ahead
from bench.live_shop import LEARNED, POPULAR, closed, euros
from bench.live_shop_choices import NOTHING, are_in, day_of_visits, worth_of
from bench.live_shop_days import Visited
from models.evaluation.experiments.ratios import Estimate
from simulator.shop import SimulatedShop
from simulator.visits import EXAMINATION, N_SHOWN, today

SHOP = SimulatedShop(
    last_day=dt.date(2026, 3, 31), n_days=10, n_products=800, n_shoppers=1_000, n_visits_per_day=0.8
)


@pytest.fixture(scope="module")
def day():
    return day_of_visits(SHOP, today(SHOP, SHOP.last))


@pytest.fixture(scope="module")
def everybody(day):
    return np.arange(len(day.shopper))


def none(lists):
    return np.zeros(lists.shape, bool)


def own_category(day, everybody):
    """A list for each visit: the first products of the category that it is for."""
    first = day.now.made.offsets[day.leaf][:, None] + np.arange(N_SHOWN)
    return day.now.made.order[np.minimum(first, len(day.now.made.order) - 1)]


def test_nobody_looks_at_what_is_of_another_category_or_was_met_before(day, everybody):
    lists = own_category(day, everybody)
    elsewhere = day.now.made.leaf[lists] != day.leaf[:, None]

    viewed, carted = day.looked_over(everybody, lists, none(lists))

    assert viewed[~elsewhere].any()
    assert not viewed[elsewhere].any()
    assert not (carted & ~viewed).any()
    assert not day.looked_over(everybody, lists, ~none(lists))[0].any()


def test_the_first_place_is_looked_at_more_often_than_the_last_by_the_examination(day, everybody):
    lists = own_category(day, everybody)
    turned = lists[:, ::-1]

    at_first = day.looked_over(everybody, lists, none(lists))[0][:, 0].mean()
    at_last = day.looked_over(everybody, turned, none(turned))[0][:, -1].mean()

    assert at_last / at_first == pytest.approx(EXAMINATION[-1] / EXAMINATION[0], rel=0.2)


def test_nobody_puts_into_the_cart_what_is_sold_out(day, everybody):
    lists = own_category(day, everybody)
    sold_out = replace(day, now=replace(day.now, is_out=np.ones(SHOP.n_products, bool)))

    assert day.looked_over(everybody, lists, none(lists))[1].any()
    assert not sold_out.looked_over(everybody, lists, none(lists))[1].any()


def bought(day, everybody, lists):
    _, carted = day.looked_over(everybody, lists, none(lists))
    return worth_of(lists, carted, day.pays, day.now.price_cents).mean()


def test_who_knows_the_tastes_sells_more_than_any_list_and_more_once_the_category_is_known(
    day, everybody
):
    nothing_known = np.zeros((len(everybody), SHOP.n_products), bool)
    worth = day.now.price_cents.astype(np.float64)
    popular = np.tile(np.argsort(-day.now.made.popularity)[:N_SHOWN], (len(everybody), 1))
    before, after = (
        day.best(everybody, nothing_known, after_browsing=known, worth=worth)
        for known in (False, True)
    )

    sold = [bought(day, everybody, each) for each in (popular, before, after)]

    assert sold == sorted(sold)
    assert sold[1] > 2 * sold[0]


def test_the_best_list_leaves_out_what_is_known(day, everybody):
    nothing_known = np.zeros((len(everybody), SHOP.n_products), bool)
    worth = np.ones(SHOP.n_products)
    first = day.best(everybody, nothing_known, after_browsing=True, worth=worth)
    known = nothing_known.copy()
    np.put_along_axis(known, np.maximum(first, 0), values=True, axis=1)

    second = day.best(everybody, known, after_browsing=True, worth=worth)

    assert not (are_in(second, first, SHOP.n_products) & (second != NOTHING)).any()


def test_what_is_in_another_list_is_found_row_by_row():
    lists = np.array([[1, 2, NOTHING], [1, 2, 3]])
    rows = np.array([[2, NOTHING], [0, 3]])

    assert are_in(lists, rows, 5).tolist() == [[False, True, False], [False, False, True]]


def test_euros_a_session_are_over_shoppers_and_the_gap_is_the_way_gone():
    seen = Visited(
        shopper=np.array([1, 1, 2, 3]),
        arm=[LEARNED, LEARNED, LEARNED, POPULAR],
        list_cents=np.array([100.0, 0, 500, 50]),
        browsing_cents=np.zeros(4),
        oracle_cents=np.zeros(4),
        bound_cents=np.zeros(4),
        n_by_source=Counter(),
    )

    assert euros(seen, seen.list_cents, LEARNED).value == pytest.approx(2.0)
    assert euros(seen, seen.list_cents, LEARNED).n_units == 2
    assert closed(Estimate(3.0, 0.1, 9), Estimate(7.0, 0.1, 9), Estimate(1.0, 0.1, 9)) == 0.5


def test_processes_live_by_the_clock_that_is_set(tmp_path):
    clock = clock_ahead(tmp_path)
    asked = "import datetime, time; print(datetime.datetime.now(datetime.UTC), time.monotonic())"
    environment = os.environ | clock.environment

    before = clock.now()
    clock.set(before + dt.timedelta(days=3))
    out = subprocess.check_output([sys.executable, "-c", asked], env=environment, text=True)

    told = dt.datetime.fromisoformat(" ".join(out.split()[:2]))
    assert dt.timedelta(days=3) <= told - before < dt.timedelta(days=3, minutes=5)
    assert dt.timedelta(0) <= clock.now() - told < dt.timedelta(minutes=5)
