"""A listing's states, and which may follow which.

    draft -> published <-> archived

What was published once stays known for ever: orders and the log refer to it. So it is archived, never
deleted; a draft, which nobody has seen, may be.
"""

from typing import Literal

from transactional.errors import ShopProblem

Status = Literal["draft", "published", "archived"]

TRANSITIONS: dict[str, frozenset[str]] = {
    "draft": frozenset(("published",)),
    "published": frozenset(("archived",)),
    "archived": frozenset(("published",)),
}


class ListingTransitionProblem(ShopProblem):
    """A listing cannot go from its state to that one."""

    type, title, status = "/problems/listing-transition", "Not possible in this state", 409

    def __init__(self, product_id: int, current: str, wanted: str) -> None:
        possible = " or ".join(sorted(TRANSITIONS[current]))
        super().__init__(
            f"Product {product_id} is {current} and cannot become {wanted}; it can be {possible}.",
            product_id=product_id,
        )


class PublishedProblem(ShopProblem):
    """What was once published cannot be deleted."""

    type, title, status = "/problems/published", "Cannot be deleted", 409

    def __init__(self, product_id: int) -> None:
        super().__init__(
            f"Product {product_id} was published, so orders and the log may refer to it. "
            'Archive it instead: PATCH it with {"status": "archived"}.',
            product_id=product_id,
        )


def check_transition(product_id: int, current: str, wanted: str) -> None:
    """Return if a listing may go from one state to the other, or is there already.

    Raises
    ------
    ListingTransitionProblem
        If it may not.
    """
    if wanted != current and wanted not in TRANSITIONS[current]:
        raise ListingTransitionProblem(product_id, current, wanted)
