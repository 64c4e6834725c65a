"""What cannot be wished for searches."""

from transactional.errors import ShopProblem


class UnknownSearchRuleProblem(ShopProblem):
    """There is no such rule, or it was removed."""

    type, title, status = "/problems/unknown-search-rule", "Unknown rule", 404

    def __init__(self, rule_id: int) -> None:
        super().__init__(f"There is no rule {rule_id} for searches, or no more.")


class NoSearchRuleProblem(ShopProblem):
    """After the change it would be no rule."""

    type, title, status = "/problems/no-search-rule", "Not a rule", 409


class SearchPlaceTakenProblem(ShopProblem):
    """For one query and time a place has one product, a product one place, and there is one redirect."""

    type, title, status = "/problems/search-place-taken", "Taken already", 409

    def __init__(self, rule_id: int) -> None:
        super().__init__(
            f"Rule {rule_id} pins at that place, or that product, or leads away, for one of these"
            " queries in that time. Change or remove it first.",
            rule_id=rule_id,
        )


class TooManySearchRulesProblem(ShopProblem):
    """Serving holds all of them ready."""

    type, title, status = "/problems/too-many-search-rules", "Too many rules", 409

    def __init__(self, n_rules: int) -> None:
        super().__init__(f"There are {n_rules} rules that are not over. Remove one first.")
