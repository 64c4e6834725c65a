"""What a shop's sales tell of its demand: hourly profiles, effects, the days, learnt from some products."""

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from jobs.demand_window import (
    N_HOURS,
    WINDOW_DAYS,
    Floats,
    Ints,
    Window,
    movements_of,
    window_of,
)
from models.forecasting.censoring import (
    DemandModel,
    RateSettings,
    Sales,
    expected_rates,
    group_rates,
    hourly_profiles,
    learn,
)
from models.forecasting.holidays import EPOCH, NONE, Holidays

N_SAMPLED_PRODUCTS = 2_000
N_DRAWS = 1_000_000
WARM_UP_DAYS = 14
MAX_CATEGORIES, MAX_SELLERS = 500, 500
HOLIDAY_REACH_DAYS = (3, 3)
"""So many days before a holiday and after it are near it."""
SATURDAY = 5
MAX_LOG_PRICE_RATIO = 1.0


@dataclass(frozen=True)
class Learnt:
    """A model of demand, and what its groups are.

    Parameters
    ----------
    category_ids
        Sorted. Group n + 1 is the n-th of them, group 0 all other products.
    seller_ids
        Sorted. Seller n + 1 is the n-th of them, seller 0 all others.
    holidays
        Known of all days, past and to come.
    profiles
        Shape (2 * n_groups, 24): share of each hour in a weekday's, then in a weekend day's demand.
    """

    category_ids: Ints
    profiles: Floats
    model: DemandModel
    seller_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    holidays: Holidays = field(default_factory=Holidays)

    def sales(self, known: Window) -> Sales:
        """Return a window's sales with their exposure."""
        found = sales_of(known, self.category_ids, self.profiles)
        sellers = places_in(self.seller_ids, known.seller_ids[:, -1])
        near = holiday_traits(known, self.holidays)
        return replace(
            found,
            traits=np.concatenate([found.traits, near], axis=2),
            sellers=sellers,
            n_sellers=len(self.seller_ids) + 1,
        )

    def demand(self, known: Window) -> Floats:
        """Return the estimated demand of each product and day."""
        return self.model.demand(self.sales(known))


@dataclass(frozen=True)
class Draw:
    """Which products a day learns from: about `N_SAMPLED_PRODUCTS` of those known by its end.

    Drawn by a hash of the product, the smallest first, so that a day's are the same whether it is built
    alone or in a range, in which more products become known.
    """

    product_ids: Ints
    since: Ints
    draws: Ints

    def of(self, day: int) -> Ints:
        """Return the day's products; a later day has no product of before that an earlier one has not."""
        known = self.since <= day
        n_drawn = N_SAMPLED_PRODUCTS * N_DRAWS // max(1, int(known.sum()))
        return self.product_ids[known & (self.draws < n_drawn)]


def draw_of(products: pa.Table) -> Draw:
    """Return the draw from a table of `product_id`, `since` (date) and `draw` (0 to `N_DRAWS` - 1)."""
    since = products["since"].cast(pa.int32()).to_numpy().astype(np.int64)
    return Draw(products["product_id"].to_numpy(), since, products["draw"].to_numpy())


def learnt_by_day(
    moves: pa.Table, draw: Draw, days: list[int], holidays: Holidays | None = None
) -> dict[int, Learnt]:
    """Return what holds on each day, in days since 1970.

    Profiles, effects and weights are those known by the end of the last Sunday, so that a range of
    days learns them once a week and finds what a run for each day does; a day's factors are its own.
    """
    movements = movements_of(moves)

    def known(day: int) -> Window:
        return window_of(movements.of(draw.of(day)), day)

    calendar = holidays or Holidays()
    weeks = {
        sunday: learnt_of_week(known(sunday), calendar)
        for sunday in {last_sunday(day) for day in days}
    }
    return {day: of_day(weeks[last_sunday(day)], known(day)) for day in days}


def last_sunday(day: int) -> int:
    """Return the last Sunday up to a day, both in days since 1970."""
    return day - (day + 4) % 7


def of_day(week: Learnt, known: Window) -> Learnt:
    """Return what was learnt with the factors of the window's days."""
    return replace(week, model=week.model.of_days(week.sales(known)))


def learnt_of_week(known: Window, holidays: Holidays | None = None) -> Learnt:
    """Learn profiles, effects and weights from a window."""
    category_ids = commonest(known.category_ids[:, -1], MAX_CATEGORIES)
    empty = np.empty((0, 0))
    found = Learnt(
        category_ids,
        profiles_of(known, category_ids),
        DemandModel(np.zeros(0), empty, empty, 0.0),
        commonest(known.seller_ids[:, -1], MAX_SELLERS),
        holidays or Holidays(),
    )
    return replace(found, model=learn(found.sales(known), WARM_UP_DAYS))


def commonest(ids: Ints, at_most: int) -> Ints:
    """Return the ids above 0 with most products, sorted."""
    found, counts = np.unique(ids[ids > 0], return_counts=True)
    return np.sort(found[np.argsort(-counts, kind="stable")][:at_most])


def places_in(ids: Ints, of_products: Ints) -> Ints:
    """Return each product's place among sorted ids, from 1; 0 of one that is not there."""
    return np.where(np.isin(of_products, ids), np.searchsorted(ids, of_products) + 1, 0)


def groups_of(known: Window, category_ids: Ints) -> Ints:
    """Return each product's group, by its category on the last day."""
    return places_in(category_ids, known.category_ids[:, -1])


def holiday_traits(known: Window, holidays: Holidays) -> Floats:
    """Return whether a day is a holiday, is near before one, or after one, shape (n_products, n_days, 3).

    Without a calendar shape (n_products, n_days, 0).
    """
    if not holidays:
        return np.zeros((*known.shape, 0))
    first = EPOCH + dt.timedelta(days=known.day - WINDOW_DAYS + 1)
    name, distance = holidays.around(first, 1, np.arange(WINDOW_DAYS), HOLIDAY_REACH_DAYS)
    kinds = np.stack([distance == 0, distance < 0, distance > 0], axis=1)
    of_days = (kinds & (name != NONE)[:, None]).astype(np.float64)
    return np.broadcast_to(of_days, (*known.shape, 3))


def profiles_of(known: Window, category_ids: Ints) -> Floats:
    """Return the hourly profiles of the groups, on weekdays and on weekends.

    Hours are held against the rate of their day, to which a flat profile is good enough.
    """
    n_groups = len(category_ids) + 1
    flat = np.full((2 * n_groups, N_HOURS), 1 / N_HOURS)
    sales = sales_of(known, category_ids, flat)
    plain, settings = np.ones_like(sales.units), RateSettings()
    of_groups = group_rates(sales, plain, settings)[sales.groups]
    rates = expected_rates(sales, plain, of_groups, settings)
    rates = rates * is_offered(known)
    day_types = day_types_of(known, sales.groups, n_groups)
    units, rate_hours = (np.zeros((2 * n_groups, N_HOURS)) for _ in range(2))
    rows, columns, hours, sold = known.by_hour
    np.add.at(units, (day_types[rows, columns], hours), sold)
    np.add.at(rate_hours, day_types, rates[..., None])
    out = known.out
    place = (out.rows, out.columns)
    np.subtract.at(rate_hours, (day_types[place], out.hours), rates[place] * out.parts)
    return hourly_profiles(units, np.maximum(rate_hours, 0))


def day_types_of(known: Window, groups: Ints, n_groups: int) -> Ints:
    """Return the row of `profiles` of each product and day."""
    return groups[:, None] + n_groups * (known.weekdays >= SATURDAY)


def is_offered(known: Window) -> Floats:
    """Return 1 for days on which a product was listed, or sold all the same."""
    return np.asarray(known.is_listed | (known.units > 0), np.float64)


def sales_of(known: Window, category_ids: Ints, profiles: Floats) -> Sales:
    """Return a window's sales with the share of each day's demand that its hours in stock have."""
    groups, n_groups = groups_of(known, category_ids), len(category_ids) + 1
    out = known.out
    day_types = day_types_of(known, groups, n_groups)[out.rows, out.columns]
    hidden = out.summed(known.shape[0], profiles[day_types, out.hours])
    exposure = np.clip(1 - hidden, 0, 1) * is_offered(known)
    return Sales(known.units, exposure, groups, n_groups, traits(known))


def traits(known: Window) -> Floats:
    """Return weekday and the logarithm of the price beside the usual one, shape (n_products, n_days, 7)."""
    weekdays = np.broadcast_to(known.weekdays[:, None] == np.arange(6), (*known.shape, 6))
    has_price = known.price_cents > 0
    prices = np.log(np.where(has_price, known.price_cents, 1))
    usual = np.zeros((known.shape[0], 1))
    priced = has_price.any(axis=1)
    usual[priced, 0] = np.nanmedian(np.where(has_price, prices, np.nan)[priced], axis=1)
    ratio = np.where(has_price, prices - usual, 0)
    ratio = np.clip(ratio, -MAX_LOG_PRICE_RATIO, MAX_LOG_PRICE_RATIO)
    return np.concatenate([weekdays, ratio[..., None]], axis=2)
