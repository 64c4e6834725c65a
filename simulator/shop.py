"""What a simulated shop is made from. Everything else follows from these numbers."""

import datetime as dt
from dataclasses import dataclass

FIRST_DAY_OF_ALL = dt.date(2000, 1, 1)
MS_PER_DAY = 86_400_000


@dataclass(frozen=True)
class SimulatedShop:
    """A shop's size, period and seed; equal ones give equal rows.

    Parameters
    ----------
    last_day
        The last UTC day there is a log of.
    bad_row_ratio, late_ratio, duplicate_ratio
        Shares, in [0, 1], of rows of the order and click logs that are malformed, recorded one or
        two days late, or delivered twice.
    n_visits_per_day
        Expected visits of one shopper per day; 0.05 is one in 20 days.
    stock_out_ratio
        Share, in [0, 1], of the products that are out of stock once in 60 days, for two to eight of them:
        at 0 all that is wanted is sold, and sales are the demand.

    Raises
    ------
    ValueError
        If the shop would be empty or starts before 2000.
    """

    last_day: dt.date
    n_days: int = 120
    n_products: int = 5_000
    n_shoppers: int = 20_000
    seed: int = 7
    bad_row_ratio: float = 0.002
    late_ratio: float = 0.005
    duplicate_ratio: float = 0.001
    n_visits_per_day: float = 0.042
    stock_out_ratio: float = 0.25

    def __post_init__(self) -> None:
        if min(self.n_days, self.n_products, self.n_shoppers) < 1:
            raise ValueError("a shop needs at least one day, one product and one shopper")
        if self.first_day < FIRST_DAY_OF_ALL:
            raise ValueError(f"the first day is {self.first_day}; choose one from 2000 on")

    @property
    def first_day(self) -> dt.date:
        """The first UTC day there is a log of."""
        return self.last_day - dt.timedelta(days=self.n_days - 1)

    @property
    def first(self) -> int:
        """Number of the first day, counted from 2000-01-01."""
        return (self.first_day - FIRST_DAY_OF_ALL).days

    @property
    def last(self) -> int:
        """Number of the last day."""
        return self.first + self.n_days - 1


def day_of(number: int) -> dt.date:
    """Return the day with this number."""
    return FIRST_DAY_OF_ALL + dt.timedelta(days=number)


def start_ms(number: int) -> int:
    """Return the day's first millisecond, since 1970."""
    return (day_of(number) - dt.date(1970, 1, 1)).days * MS_PER_DAY
