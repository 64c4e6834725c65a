"""Demand behind sales: what would have been sold in the hours in which there was nothing to sell.

Sales of a day are Poisson with the day's rate times its exposure, the share of the day's demand that falls
into the hours in stock. The rate is gamma distributed around what the days before lead one to expect, so
that its estimate weighs the day's own open hours against them: the credibility of Bühlmann and Straub
("Glaubwürdigkeit für Schadensätze", 1970), on sales that are censored as in Nahmias, "Demand estimation in
lost sales inventory systems" (Naval Research Logistics 1994). That the shelf was empty *because* much was
sold does not bias it: a Poisson process that is stopped by its own count has the same likelihood as one
stopped by the clock. The mean of the days in stock is biased, for on these little was wanted.
"""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from sklearn.linear_model import PoissonRegressor

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIOR_UNITS_OF_A_PROFILE = 20.0
PRIOR_UNITS_OF_A_DAY = 20.0
PRIOR_UNITS_OF_A_SELLER = 20.0
MIN_PRIOR_UNITS, MAX_PRIOR_UNITS = 0.5, 1_000.0
MIN_EXPECTED = 0.05
# A unit sold in the first second of a product's life is not 86,400 a day.
MIN_EXPOSURE = 1 / 24
RIDGE = 1e-4
MAX_EXAMPLES = 300_000
# Shares of a profile add up to 1 but for rounding.
WHOLE = 1 - 1e-9


@dataclass(frozen=True)
class RateSettings:
    """How the days before are weighed.

    Parameters
    ----------
    half_life_days
        Age at which a day counts half.
    prior_days
        Days in stock that the group's rate counts as in a series' own.
    """

    half_life_days: float = 14.0
    prior_days: float = 1.0


@dataclass(frozen=True)
class Sales:
    """Series of daily sales and what is known of their days.

    Parameters
    ----------
    units
        Shape (n_series, n_days), at least 0.
    exposure
        Same shape: share of the day's demand that falls into its hours in stock, 0 to 1; of `exposures`.
    groups
        Shape (n_series,), from 0 to `n_groups` - 1: series that days treat alike, and that stand in for
        one without a past.
    traits
        Shape (n_series, n_days, n_traits): what makes a day unlike another (weekday, holiday, price).
    sellers
        Shape (n_series,), from 0 to `n_sellers` - 1: whose series sell more or less than their groups do;
        None: one seller's all.
    """

    units: Floats
    exposure: Floats
    groups: Codes
    n_groups: int
    traits: Floats
    sellers: Codes | None = None
    n_sellers: int = 1

    @property
    def seller_of(self) -> Codes:
        """Return each series' seller."""
        return np.zeros(len(self.units), np.int64) if self.sellers is None else self.sellers


@dataclass(frozen=True)
class DemandModel:
    """What was learnt of a shop: the effects of traits, of each day on each group, and how days vary.

    Parameters
    ----------
    effects
        Shape (n_traits,): a trait multiplies demand by exp(effect * trait).
    group_rates, day_factors
        Of the functions of these names, shape (n_groups, n_days).
    prior
        Units that the expectation of a day weighs as much as, of `prior_units`.
    seller_ratios
        Of the function of this name, shape (n_sellers, n_days).
    """

    effects: Floats
    group_rates: Floats
    day_factors: Floats
    prior: float
    settings: RateSettings = field(default_factory=RateSettings)
    seller_ratios: Floats = field(default_factory=lambda: np.ones((1, 1)))

    def of_days(self, sales: Sales) -> Self:
        """Return this model for the days of `sales`, none of which it need have seen."""
        factors = self.factors(sales)
        rates = group_rates(sales, factors, self.settings)
        ratios = seller_ratios(sales, factors, rates, self.settings)
        known = replace(self, group_rates=rates, seller_ratios=ratios)
        return replace(known, day_factors=day_factors(sales, known.rates(sales)))

    def factors(self, sales: Sales) -> Floats:
        """Return by how much each day is above others for its traits."""
        return np.exp(sales.traits @ self.effects)

    def rates(self, sales: Sales) -> Floats:
        """Return each day's demand as expected from the days before it and its traits."""
        usual = self.group_rates[sales.groups] * self.seller_ratios[sales.seller_of]
        return expected_rates(sales, self.factors(sales), usual, self.settings)

    def expected(self, sales: Sales) -> Floats:
        """Return each day's demand as expected from that and from the other series of the day."""
        return np.asarray(self.rates(sales) * self.day_factors[sales.groups])

    def demand(self, sales: Sales) -> Floats:
        """Return the estimated demand of each day, shape (n_series, n_days)."""
        return demand(sales.units, sales.exposure, self.expected(sales), self.prior)


def learn(sales: Sales, first_day: int, settings: RateSettings | None = None) -> DemandModel:
    """Learn from the days from `first_day` on; those before only tell what to expect of them."""
    chosen = settings or RateSettings()
    plain = np.ones_like(sales.units)
    of_groups = group_rates(sales, plain, chosen)[sales.groups]
    usual = expected_rates(sales, plain, of_groups, chosen)
    effects = trait_effects(sales, usual, first_day)
    nobody = np.empty((0, 0))
    model = DemandModel(effects, nobody, nobody, MAX_PRIOR_UNITS, chosen).of_days(sales)
    is_open = sales.exposure > WHOLE
    is_open[:, :first_day] = False
    return replace(model, prior=prior_units(sales.units, model.expected(sales), is_open))


def hourly_profiles(
    units: Floats, rate_hours: Floats, prior_units: float = PRIOR_UNITS_OF_A_PROFILE
) -> Floats:
    """Return each group's share of a day's demand by hour, drawn towards the profile of all groups.

    Parameters
    ----------
    units
        Shape (n_groups, n_hours): sold in that hour of the day.
    rate_hours
        Same shape: the sum of the daily rates over days, each times the part of the hour in stock.
    prior_units
        Units that the profile of all groups counts as in a group's own hour.

    Returns
    -------
    array of shape (n_groups, n_hours)
        Rows sum to 1; flat where nothing was sold at all.
    """
    whole = _shares(units.sum(axis=0), rate_hours.sum(axis=0))
    found: Floats = whole * (units + prior_units) / (rate_hours * whole + prior_units)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _shares(units: Floats, rate_hours: Floats) -> Floats:
    if not units.any():
        return np.full(len(units), 1 / len(units))
    rate = _ratio(units, rate_hours)
    return np.asarray(rate / rate.sum())


def exposures(open_share: Floats, profile: Floats) -> Floats:
    """Return the share of a day's demand that falls into its open hours.

    Parameters
    ----------
    open_share
        Shape (..., n_hours): the part of each hour in which the product could be had, 0 to 1.
    profile
        Shape (n_hours,) or (..., n_hours); sums to 1 over the hours.
    """
    return np.asarray(np.clip((open_share * profile).sum(axis=-1), 0, 1))


def group_rates(sales: Sales, factors: Floats, settings: RateSettings) -> Floats:
    """Return the mean demand of each group's series on the days before each day, shape (n_groups, n_days)."""
    sold, open_days = _before(sales, factors, settings)
    return _ratio(_group_sums(sold, sales), _group_sums(open_days, sales))


def seller_ratios(
    sales: Sales, factors: Floats, of_groups: Floats, settings: RateSettings
) -> Floats:
    """Return what each seller's series sold before each day over what their groups' rates lead to expect.

    Shape (n_sellers, n_days); drawn towards 1 by `PRIOR_UNITS_OF_A_SELLER`, so that a new seller's series are
    expected to sell as their groups do.
    """
    sold, open_days = _before(sales, factors, settings)
    foreseen = open_days * of_groups[sales.groups]
    of_seller, n_sellers = sales.seller_of, sales.n_sellers
    return np.asarray(
        (_sums(sold, of_seller, n_sellers) + PRIOR_UNITS_OF_A_SELLER)
        / (_sums(foreseen, of_seller, n_sellers) + PRIOR_UNITS_OF_A_SELLER)
    )


def expected_rates(sales: Sales, factors: Floats, usual: Floats, settings: RateSettings) -> Floats:
    """Return the demand to expect of each day, from the days before it alone.

    Units of the days before over their exposure, both fading with age, so that hours out of stock
    count neither as demand nor as its absence; then the factor of the day itself.

    Parameters
    ----------
    factors
        By how much a day is above (1: as) others; shape (n_series, n_days).
    usual
        What stands in for a past, of `group_rates` and `seller_ratios`; same shape.

    Returns
    -------
    array of shape (n_series, n_days)
        0 where neither the series nor what stands in for it sold anything before.
    """
    sold, open_days = _before(sales, factors, settings)
    prior = settings.prior_days
    return _ratio(sold + prior * usual, open_days + prior) * factors


def _before(sales: Sales, factors: Floats, settings: RateSettings) -> tuple[Floats, Floats]:
    sold = _faded_before(sales.units, settings.half_life_days)
    return sold, _faded_before(sales.exposure * factors, settings.half_life_days)


def _faded_before(values: Floats, half_life_days: float) -> Floats:
    """Return the sum over the days before each day, halved every so many days."""
    keep = 0.5 ** (1 / half_life_days)
    return np.asarray(lfilter([0.0, 1.0], [1.0, -keep], values, axis=1))


def _group_sums(values: Floats, sales: Sales) -> Floats:
    return _sums(values, sales.groups, sales.n_groups)


def _sums(values: Floats, code: Codes, n_codes: int) -> Floats:
    sums = np.zeros((n_codes, values.shape[1]))
    np.add.at(sums, code, values)
    return sums


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def trait_effects(sales: Sales, expected: Floats, first_day: int) -> Floats:
    """Return by how much each trait raises the logarithm of demand, by Poisson regression with a ridge.

    The exposure and the expectation are its offset: a day out of stock says nothing. At most
    `MAX_EXAMPLES` days, spread evenly, are learnt from; without any, or without traits, the effects are 0.
    """
    n_traits = sales.traits.shape[2]
    weight = (sales.exposure * expected)[:, first_day:]
    rows, days = np.nonzero(weight > MIN_EXPECTED)
    units = sales.units[:, first_day:][rows, days]
    if not n_traits or not units.any():
        return np.zeros(n_traits)
    every = -(-len(rows) // MAX_EXAMPLES)
    rows, days, units = rows[::every], days[::every], units[::every]
    weights = weight[rows, days]
    model = PoissonRegressor(alpha=RIDGE, max_iter=300)
    model.fit(sales.traits[rows, days + first_day], units / weights, sample_weight=weights)
    return np.asarray(model.coef_, np.float64)


def day_factors(
    sales: Sales, expected: Floats, prior_units: float = PRIOR_UNITS_OF_A_DAY
) -> Floats:
    """Return by how much each group's open hours of a day sold above what was expected of them.

    What one series of a group hides, the others of the day tell: a promotion of the category, a holiday, the
    weather. Shape (n_groups, n_days); drawn towards 1 by `prior_units`.
    """
    sold = _group_sums(sales.units, sales)
    foreseen = _group_sums(sales.exposure * expected, sales)
    return np.asarray((sold + prior_units) / (foreseen + prior_units))


def prior_units(units: Floats, expected: Floats, is_open: NDArray[np.bool_]) -> float:
    """Return how many units sold on a day weigh as much as what was expected of it.

    By the method of moments over days wholly in stock: of the spread around the expectation, Poisson
    explains as much as the expectation itself; the rest is that days differ. The less they do, the
    more the expectation counts.
    """
    counts = is_open & (expected > 0)
    mean, error = expected[counts], units[counts] - expected[counts]
    beyond = float((error**2 - mean).sum())
    if beyond <= 0:
        return MAX_PRIOR_UNITS
    return float(np.clip((mean**2).sum() / beyond, MIN_PRIOR_UNITS, MAX_PRIOR_UNITS))


def demand(units: Floats, exposure: Floats, expected: Floats, prior: float) -> Floats:
    """Return the estimated demand of each day: what was sold, and what its hidden hours would have.

    Parameters
    ----------
    units, exposure, expected
        Same shapes. Where `expected` is 0, nothing is known but the day itself.
    prior
        Of `prior_units`.

    Returns
    -------
    array
        At least `units`; equal to them where the exposure is 1.
    """
    of_both = expected * _ratio(prior + units, prior + expected * exposure)
    own = np.where(exposure > 0, units / np.maximum(exposure, MIN_EXPOSURE), 0.0)
    rate = np.where(expected > 0, of_both, own)
    hidden = np.where(exposure < WHOLE, 1 - exposure, 0.0)
    return np.asarray(units + hidden * rate)
