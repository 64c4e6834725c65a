"""A product's demand shared out over warehouses, from the top down.

Source: Gross, Sohl, "Disaggregation methods to expedite product line forecasting" (J. of Forecasting
1990): proportions of the past. The parts add up to the product, and so to categories and to the shop.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import Forecast

Units = NDArray[np.float64]

PRIOR_UNITS = 5.0
"""A product's own shares count as much as all products' once it has sold so many units."""


def shares(units: Units, prior_units: float = PRIOR_UNITS) -> Units:
    """Return each warehouse's share of each product's demand.

    Parameters
    ----------
    units : array of shape (n_products, n_warehouses)
        Sold lately; something at least.

    Returns
    -------
    array of the same shape
        Rows sum to 1; drawn towards the warehouses' shares of all products.
    """
    whole = units.sum(axis=0) / units.sum()
    return np.asarray(
        (units + prior_units * whole) / (units.sum(axis=1, keepdims=True) + prior_units)
    )


def part_of(forecast: Forecast, share: NDArray[np.floating]) -> Forecast:
    """Return the forecast of a part of each series' demand, as if each unit fell to it by chance.

    Of independent units the mean is the share's, the spread its root's.

    Parameters
    ----------
    share : array of shape (n_series,)
        0 to 1.
    """
    own = share.astype(np.float32)[:, None]
    mean = forecast.mean * own
    spread = (forecast.quantiles - forecast.mean) * np.sqrt(own)
    return replace(
        forecast,
        point=forecast.point * own,
        mean=mean,
        quantiles=np.maximum(mean + spread, 0),
    )
