"""What operators may ask for: promotions that fit their kind, tariffs that hold (transactional.promotions)."""

import pytest
from pydantic import ValidationError

from transactional.promotions.schemas import NewPromotion, Tariff

SPRING = {"label": "Spring", "kind": "percentage", "percent_basis_points": 1000}
EVERYWHERE = {"region": "*", "tax_basis_points": 0}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amount_cents": 5}, id="a field of another kind"),
        pytest.param({"percent_basis_points": None}, id="without its own"),
        pytest.param({"percent_basis_points": 10_001}, id="more than all"),
        pytest.param({"kind": "free_shipping"}, id="another kind"),
        pytest.param({"code": "SAVE 10"}, id="a code with a space"),
        pytest.param({"starts_at": "0001-01-01T00:00:00+14:00"}, id="long ago"),
        pytest.param({"starts_at": "2026-01-01T00:00:00"}, id="a time of no zone"),
    ],
)
def test_a_promotion_that_does_not_fit_its_kind_is_refused(changes):
    NewPromotion.model_validate(SPRING)

    with pytest.raises(ValidationError):
        NewPromotion.model_validate(SPRING | changes)


def steps(*pairs):
    return [{"from_cents": start, "shipping_cents": cost} for start, cost in pairs]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"shipping_steps": steps((1, 490))}, id="nothing for the first cent"),
        pytest.param({"shipping_steps": steps((0, 490), (0, 0))}, id="twice the same"),
        pytest.param({"shipping_steps": []}, id="no steps"),
        pytest.param({"latitude": 48.1}, id="half a place"),
        pytest.param({"tax_basis_points": 10_001}, id="more than all"),
    ],
)
def test_a_tariff_that_cannot_be_is_refused(changes):
    tariff = EVERYWHERE | {"shipping_steps": steps((0, 490), (2000, 0))}
    Tariff.model_validate(tariff)

    with pytest.raises(ValidationError):
        Tariff.model_validate(tariff | changes)
