"""Order ids that tell their time, so that orders are partitioned by time and found by id alone.

    order_id = (milliseconds since 2020-01-01 UTC) x 2048 + (a serial number modulo 2048)

Below 2**53 until 2159, so JavaScript holds it exactly. Two orders could share an id only if 2,048
serial numbers went by within a millisecond, or the clock went back: the primary key refuses then.
"""

import datetime as dt

EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
N_SERIALS = 2048
MILLISECOND = dt.timedelta(milliseconds=1)


def order_id_at(at: dt.datetime, serial: int) -> int:
    """Return the id of an order placed at `at`; `serial` is any number that always grows."""
    return (at - EPOCH) // MILLISECOND * N_SERIALS + serial % N_SERIALS


def time_of(order_id: int) -> dt.datetime:
    """Return when the order of an id was placed, to the millisecond."""
    return EPOCH + order_id // N_SERIALS * MILLISECOND
