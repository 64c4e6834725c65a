"""Refusals that several parts of the sellers' business share."""

from transactional.errors import ShopProblem


class NoApplicationProblem(ShopProblem):
    """The caller never applied."""

    type, title, status = "/problems/no-application", "No application", 404


class AlreadyAppliedProblem(ShopProblem):
    """One application or business for each account."""

    type, title, status = "/problems/already-applied", "Already applied", 409

    def __init__(self, seller_id: int, current: str) -> None:
        super().__init__(
            f"You are {current} as seller {seller_id}. GET /api/v1/sellers/me says how it stands.",
            seller_id=seller_id,
        )


class NameTakenProblem(ShopProblem):
    """Another seller has that name, or one that differs in capitals or spaces alone."""

    type, title, status = "/problems/seller-name-taken", "Name taken", 409

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a seller called {name} already. Choose another name.")


class NameApprovedProblem(ShopProblem):
    """Customers know the seller by the name that the shop approved."""

    type, title, status = "/problems/seller-name-approved", "The name stays", 409


class UnknownRunProblem(ShopProblem):
    """No such payout run."""

    type, title, status = "/problems/unknown-payout-run", "Unknown payout run", 404

    def __init__(self, payout_run_id: int) -> None:
        super().__init__(
            f"There is no payout run {payout_run_id}; GET /api/v1/sellers/payout-runs lists them."
        )


class UnknownPayoutProblem(ShopProblem):
    """No such payout."""

    type, title, status = "/problems/unknown-payout", "Unknown payout", 404


class PayoutPaidProblem(ShopProblem):
    """The payout was transferred under another reference."""

    type, title, status = "/problems/payout-paid", "Paid already", 409


class AdjustmentProblem(ShopProblem):
    """The reference stands for another sum."""

    type, title, status = "/problems/adjustment-differs", "Reference used already", 409


class DefaultCommissionProblem(ShopProblem):
    """There is always a rate for what no other rate is for."""

    type, title, status = "/problems/default-commission", "The default stays", 409
