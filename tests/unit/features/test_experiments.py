"""What is an experiment, and what is none (features.schemas.experiments)."""

import pytest
from pydantic import ValidationError

from features.schemas.experiments import Design, Experiment

CONTROL = {"name": "control", "share_basis_points": 5000}
OTHER = {"name": "other", "share_basis_points": 5000, "model": "popular"}
HOME = {"surfaces": ["for_you"], "arms": [CONTROL, OTHER]}
SEARCH = {"surfaces": ["search"], "arms": [CONTROL, CONTROL | {"name": "other"}]}
FALL = {"metric": "ctr", "direction": "fall"}


def with_other(base, **changes):
    return base | {"arms": [CONTROL, CONTROL | {"name": "other"} | changes]}


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (
            HOME | {"arms": [CONTROL, OTHER | {"share_basis_points": 4999}]},
            "do not add up to 10000",
        ),
        (HOME | {"arms": [CONTROL, CONTROL]}, "one name"),
        (HOME | {"arms": [CONTROL | {"share_basis_points": 10_000}]}, "at least 2"),
        (HOME | {"guardrails": [FALL, FALL | {"worst_ratio": 0.1}]}, "two guardrails"),
        (with_other(HOME, search_order="formula"), "surface search"),
        (with_other(SEARCH, model="popular"), "surfaces of recommendations"),
        (with_other(HOME, beside={}), "in what the second list differs"),
        (with_other(SEARCH, beside={"personal": True}), "by search_order alone"),
        (
            with_other(HOME, beside={"model": "popular"}) | {"surfaces": ["for_you", "search"]},
            "of their own",
        ),
        (HOME | {"surfaces": ["home"]}, "for_you"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_design_says_why(design, words):
    with pytest.raises(ValidationError, match=words):
        Design.model_validate(design)


def test_a_design_knows_its_control_and_what_it_changes():
    design = Design.model_validate(with_other(HOME, personal=False, beside={"model": "challenger"}))

    assert design.control.name == "control"
    assert design.changed() == {"personal", "model"}


def test_an_experiment_comes_back_from_its_message_without_what_it_does_not_say():
    running = Experiment.model_validate(
        HOME | {"name": "home", "experiment_version": 2, "layer": "main"}
    )

    message = running.model_dump_json(exclude_defaults=True)

    assert "guardrails" not in message
    assert Experiment.model_validate_json(message) == running
