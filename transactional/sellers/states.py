"""What a seller can be, and what operators can decide: the one table of decisions.

applied -> approved <-> suspended
applied -> refused -> applied (by applying again)
"""

from typing import Literal

from transactional.errors import ShopProblem

Status = Literal["applied", "approved", "refused", "suspended"]
Decision = Literal["approve", "refuse", "suspend", "reinstate"]

DECISIONS: dict[tuple[str, Decision], Status] = {
    ("applied", "approve"): "approved",
    ("applied", "refuse"): "refused",
    ("approved", "suspend"): "suspended",
    ("suspended", "reinstate"): "approved",
}


class DecisionProblem(ShopProblem):
    """The seller is in a state in which this cannot be decided."""

    type, title, status = "/problems/seller-decision", "Not possible in this state", 409

    def __init__(self, seller_id: int, current: str, decision: Decision) -> None:
        possible = [what for status, what in DECISIONS if status == current]
        super().__init__(
            f"Seller {seller_id} is {current}: you cannot {decision} them. You can"
            f" {' or '.join(possible) or 'wait until they apply again'}.",
            seller_id=seller_id,
        )


def status_after(seller_id: int, current: str, decision: Decision) -> Status:
    """Return what a seller is after a decision.

    Raises
    ------
    DecisionProblem
        If it cannot be made.
    """
    if (current, decision) not in DECISIONS:
        raise DecisionProblem(seller_id, current, decision)
    return DECISIONS[current, decision]
