"""Refusals that several parts of the catalogue share."""

from transactional.errors import ShopProblem


class UnknownCategoryProblem(ShopProblem):
    """No such category."""

    type, title, status = "/problems/unknown-category", "Unknown category", 404

    def __init__(self, category_id: int) -> None:
        super().__init__(
            f"There is no category {category_id}; GET /api/v1/catalogue/categories lists them.",
            category_id=category_id,
        )


class UnknownGroupProblem(ShopProblem):
    """No such group of variants of this seller; another's looks the same."""

    type, title, status = "/problems/unknown-group", "Unknown group of variants", 404

    def __init__(self, group_id: int) -> None:
        super().__init__(
            f"There is no group {group_id} for this product. Make one of the same seller at "
            "POST /api/v1/catalogue/groups.",
            group_id=group_id,
        )


class UnknownSellerProblem(ShopProblem):
    """No such seller."""

    type, title, status = "/problems/unknown-seller", "Unknown seller", 404

    def __init__(self, seller_id: int) -> None:
        super().__init__(f"There is no seller {seller_id}.", seller_id=seller_id)


class CodeTakenProblem(ShopProblem):
    """The seller has another product with that code."""

    type, title, status = "/problems/external-id-taken", "Code taken", 409

    def __init__(self, external_id: str, product_id: int) -> None:
        super().__init__(
            f"Product {product_id} has the external_id {external_id}. Change that product, or "
            "give this one another code.",
            product_id=product_id,
        )
