"""A product's demand shared out over warehouses (models.forecasting.sharing)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forecasting.contract import Forecast
from models.forecasting.sharing import part_of, shares


def test_a_product_that_sold_much_has_its_own_shares_and_one_that_sold_nothing_all_products():
    units = np.array([[30.0, 0.0], [10.0, 20.0], [0.0, 0.0]])

    found = shares(units, prior_units=10)

    assert found[0].tolist() == pytest.approx([(30 + 10 * 2 / 3) / 40, (10 / 3) / 40])
    assert found[2].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_quarter_of_the_demand_has_a_quarter_of_the_mean_and_half_of_the_spread():
    whole = Forecast(
        np.full((1, 1), 8.0),
        np.full((1, 1), 8.0),
        np.array([[[4.0]], [[8.0]], [[12.0]]]),
        (0.1, 0.5, 0.9),
    )

    found = part_of(whole, np.array([0.25]))

    assert found.mean.tolist() == [[2]]
    assert found.quantiles.ravel().tolist() == [0, 2, 4]


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10**6))
def test_parts_add_up_to_the_whole_and_their_quantiles_rise(n_products, n_warehouses, seed):
    rng = np.random.default_rng(seed)
    units = rng.integers(0, 9, (n_products, n_warehouses)).astype(float) + 0.1
    mean = rng.gamma(1, 3, (n_products, 2))
    quantiles = mean * np.array([0.2, 0.9, 2.5])[:, None, None]
    whole = Forecast(mean, mean, quantiles, (0.1, 0.5, 0.9))

    parts = [part_of(whole, share) for share in shares(units).T]

    assert sum(part.mean for part in parts) == pytest.approx(mean, rel=1e-5)
    for part in parts:
        assert (np.diff(part.quantiles, axis=0) >= 0).all()
        assert (part.quantiles >= 0).all()
