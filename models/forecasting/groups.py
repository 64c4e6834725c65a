"""What is known of groups of series, so that a part of them can be foreseen without the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Groups:
    """Sums and means over series, small beside a panel.

    Parameters
    ----------
    units : running sums by code's name, shape (n_groups, n_periods + 1)
    plans : means of known covariates by code's and covariate's name, (n_groups, n_periods + n_ahead)
    cheapest : least prices by code's name, of the same shape
    ranges
        Greatest less least value of each known covariate.
    floor
        The level of a series that never sold.
    kind
        Name of the code by which new products are like others; None: all are alike.
    first_units : array of shape (n_kinds,)
        Mean units of a kind's first periods.
    first_ratios : arrays of shape (n_groups,) by code's name
        First units of a group's series over those of their kinds: one seller's products sell more than another's.
    """

    units: Mapping[str, NDArray[np.float64]]
    plans: Mapping[tuple[str, str], NDArray[np.floating]]
    cheapest: Mapping[str, NDArray[np.floating]]
    ranges: Mapping[str, float]
    floor: float
    kind: str | None
    first_units: NDArray[np.float64]
    first_ratios: Mapping[str, NDArray[np.float64]]
