"""What an order can be, and what can become of it: the one table of transitions."""

from typing import Literal, get_args

from transactional.errors import ShopProblem

Status = Literal[
    "pending",
    "confirmed",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "returned",
    "refunded",
]
STATUSES: tuple[Status, ...] = get_args(Status)

TRANSITIONS: dict[Status, frozenset[Status]] = {
    "pending": frozenset({"confirmed", "cancelled"}),
    "confirmed": frozenset({"processing", "cancelled"}),
    "processing": frozenset({"shipped", "cancelled"}),
    "shipped": frozenset({"delivered", "returned"}),
    "delivered": frozenset({"returned"}),
    "returned": frozenset({"refunded"}),
    "cancelled": frozenset(),
    "refunded": frozenset(),
}
"""pending: units and money are being reserved · confirmed: both are · processing: being packed ·
shipped, delivered: with the carrier, with the customer · returned: units are back · refunded: money is."""


class TransitionProblem(ShopProblem):
    """The order is not in a state from which this can be done."""

    type, title, status = "/problems/order-state", "Not possible in this state", 409

    def __init__(self, order_id: int, current: str, wanted: str) -> None:
        can = ", ".join(sorted(TRANSITIONS[current])) or "nothing more"  # type: ignore[index]
        super().__init__(
            f"Order {order_id} is {current} and cannot become {wanted}. It can become: {can}.",
            current=current,
        )


def check_transition(order_id: int, current: Status, wanted: Status) -> None:
    """Refuse what the table does not allow.

    Raises
    ------
    TransitionProblem
        If `current` cannot become `wanted`.
    """
    if wanted not in TRANSITIONS[current]:
        raise TransitionProblem(order_id, current, wanted)
