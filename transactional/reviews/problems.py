"""Why a review cannot be written, changed or reported."""

from transactional.errors import ShopProblem


class UnknownReviewProblem(ShopProblem):
    """No such review, or none that the caller may see or change."""

    type, title, status = "/problems/unknown-review", "Unknown review", 404

    def __init__(self, review_id: int) -> None:
        super().__init__(
            f"There is no review {review_id} of yours, or none that is published. GET"
            " /api/v1/reviews/mine lists yours."
        )


class UnknownOrderLineProblem(ShopProblem):
    """The caller's order has no such line."""

    type, title, status = "/problems/unknown-order-line", "Unknown order line", 404

    def __init__(self, order_id: int, line_number: int) -> None:
        super().__init__(f"Your order {order_id} has no line {line_number}.")


class NotReviewableProblem(ShopProblem):
    """Nobody can know yet, or any more, what this product is like in use."""

    type, title, status = "/problems/not-reviewable", "Not to be reviewed", 409


class AlreadyReviewedProblem(ShopProblem):
    """There is one review for each line of an order."""

    type, title, status = "/problems/already-reviewed", "Already reviewed", 409

    def __init__(self, review_id: int) -> None:
        super().__init__(
            f"You reviewed this already. Change it: PATCH /api/v1/reviews/{review_id}.",
            review_id=review_id,
        )


class StaleReviewProblem(ShopProblem):
    """The review was changed since it was read."""

    type, title, status = "/problems/stale-version", "Changed meanwhile", 412

    def __init__(self, version: int) -> None:
        super().__init__(f"The review has version {version} by now. Read it and change it again.")


class OwnReviewProblem(ShopProblem):
    """Authors do not report themselves."""

    type, title, status = "/problems/own-review", "Your own review", 409


class AlreadyReportedProblem(ShopProblem):
    """A customer reports a review once."""

    type, title, status = "/problems/already-reported", "Already reported", 409
