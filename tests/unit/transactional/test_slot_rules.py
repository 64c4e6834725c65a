"""What operators may wish for a slot, and what serving is told of it (transactional.slots)."""

import datetime as dt
import json

import pytest
from pydantic import ValidationError

from serving.recommendations import slots as serving_slots
from transactional.rules.states import state_of
from transactional.slots.models import SlotRuleRow
from transactional.slots.publishing import slot_messages
from transactional.slots.schemas import NewSlotRule

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
BEFORE, AFTER = NOON - dt.timedelta(hours=1), NOON + dt.timedelta(hours=1)
PIN = {"kind": "pin", "product_id": 7, "position": 1}
HIDE = {"kind": "hide", "seller_id": 3}


@pytest.mark.parametrize(
    "wish",
    [
        PIN,
        HIDE,
        {"kind": "hide", "category_id": 4, "note": "recalled"},
        {"kind": "weigh", "category_id": 4, "factor": 2},
        PIN | {"starts_at": "2026-11-24T12:00:00Z", "ends_at": "2026-11-24T13:00:00+00:00"},
    ],
)
def test_what_operators_may_wish(wish):
    NewSlotRule.model_validate(wish)


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"kind": "hide"}, id="about nothing"),
        pytest.param(HIDE | {"product_id": 7}, id="about two things"),
        pytest.param({"kind": "pin", "seller_id": 3, "position": 1}, id="a seller at a place"),
        pytest.param({"kind": "pin", "product_id": 7}, id="a pin without a place"),
        pytest.param(PIN | {"position": 101}, id="a place beyond every list"),
        pytest.param(HIDE | {"factor": 2.0}, id="a factor of what is hidden"),
        pytest.param({"kind": "weigh", "seller_id": 3, "factor": 11}, id="too heavy"),
        pytest.param({"kind": "weigh", "seller_id": 3, "factor": 0}, id="of no weight"),
        pytest.param(
            HIDE | {"starts_at": "2026-11-24T12:00:00Z", "ends_at": "2026-11-24T12:00:00Z"},
            id="over before it begins",
        ),
        pytest.param(HIDE | {"starts_at": "2026-11-24T12:00:00"}, id="a time of no zone"),
        pytest.param(HIDE | {"seller_id": "3"}, id="a number in quotes"),
        pytest.param(HIDE | {"colour": "red"}, id="an unknown field"),
    ],
)
def test_what_is_no_rule_is_refused(wish):
    with pytest.raises(ValidationError):
        NewSlotRule.model_validate(wish)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "removed_at", "state"),
    [
        (None, None, None, "in_force"),
        (NOON, AFTER, None, "in_force"),
        (AFTER, None, None, "later"),
        (None, NOON, None, "over"),
        (BEFORE, BEFORE, None, "over"),
        (None, None, BEFORE, "removed"),
        (AFTER, None, BEFORE, "removed"),
    ],
)
def test_whether_a_rule_counts_at_noon(starts_at, ends_at, removed_at, state):
    rule = SlotRuleRow(starts_at=starts_at, ends_at=ends_at, removed_at=removed_at)

    assert state_of(rule, NOON) == state


def test_serving_is_told_each_slots_rules_without_what_they_do_not_say():
    rows = [
        SlotRuleRow(slot="home", kind="pin", product_id=7, position=1, ends_at=NOON),
        SlotRuleRow(slot="cart", kind="weigh", category_id=4, factor=0.5),
        SlotRuleRow(slot="home", kind="hide", seller_id=3, note="closed"),
    ]

    messages = slot_messages(rows)

    told = {slot: json.loads(message) for slot, message in messages.items()}
    assert told == {
        "home": [
            {"kind": "pin", "product_id": 7, "position": 1, "ends_at": "2026-11-24T12:00:00Z"},
            {"kind": "hide", "seller_id": 3},
        ],
        "cart": [{"kind": "weigh", "category_id": 4, "factor": 0.5}],
    }
    assert [rule.seller_id for rule in serving_slots.RULES.validate_json(messages["home"])] == [
        None,
        3,
    ]
