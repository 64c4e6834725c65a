"""What cannot be wished for a slot."""

from transactional.errors import ShopProblem


class UnknownSlotRuleProblem(ShopProblem):
    """The slot has no such rule, or it was removed."""

    type, title, status = "/problems/unknown-slot-rule", "Unknown rule", 404

    def __init__(self, slot: str, rule_id: int) -> None:
        super().__init__(f"The slot {slot} has no rule {rule_id}, or no more.")


class NoSlotRuleProblem(ShopProblem):
    """After the change it would be no rule."""

    type, title, status = "/problems/no-slot-rule", "Not a rule", 409


class PlaceTakenProblem(ShopProblem):
    """Another product is pinned at that place, or the product at another one, at the same time."""

    type, title, status = "/problems/slot-place-taken", "Pinned already", 409

    def __init__(self, rule_id: int) -> None:
        super().__init__(
            f"Rule {rule_id} of the slot pins at that place, or that product, in that time. Change"
            " or remove it first.",
            rule_id=rule_id,
        )


class TooManySlotRulesProblem(ShopProblem):
    """Every request for the slot's list applies each of its rules."""

    type, title, status = "/problems/too-many-slot-rules", "Too many rules", 409

    def __init__(self, n_rules: int) -> None:
        super().__init__(f"The slot has {n_rules} rules that are not over. Remove one first.")
