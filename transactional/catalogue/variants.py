"""Variants of one thing: products of a group that differ in their values on its axes."""

from collections.abc import Mapping, Sequence

from transactional.errors import ShopProblem

Attributes = Mapping[str, str]


class VariantProblem(ShopProblem):
    """A product cannot be a variant of that group as it is."""

    type, title, status = "/problems/variant", "Not a variant", 409


def axis_values(axes: Sequence[str], attributes: Attributes) -> tuple[str | None, ...]:
    """Return a product's values on the axes, in their order; None where it has none."""
    return tuple(attributes.get(axis) for axis in axes)


def check_variant(
    axes: Sequence[str], attributes: Attributes, others: Mapping[int, Attributes]
) -> None:
    """Return if a product has a value on every axis, and no other the same values on all.

    Raises
    ------
    VariantProblem
        If not; it names the missing attribute, or the other product.
    """
    values = axis_values(axes, attributes)
    for axis, value in zip(axes, values, strict=True):
        if not value:
            raise VariantProblem(f"Variants of this group need the attribute {axis}. Give it.")
    for product_id, other in others.items():
        if axis_values(axes, other) == values:
            told = ", ".join(f"{axis} {value}" for axis, value in zip(axes, values, strict=True))
            raise VariantProblem(
                f"Product {product_id} of this group has {told} already. Change one of the two.",
                product_id=product_id,
            )
