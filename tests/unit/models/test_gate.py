"""Who may serve (models.gate)."""

import pytest

from models.gate import Decision, decide, unless_older


@pytest.mark.parametrize(
    ("challenger", "reference", "champion", "promoted", "says"),
    [
        (0.08, 0.05, None, True, "promoted, the first: NDCG 0.0800 beats popularity's 0.0500 by 60.0 %"),
        (0.08, 0.05, 0.07, True, "and the champion's 0.0700 by 14.3 %"),
        (0.07, 0.05, 0.07, False, "champion kept"),  # a tie
        (0.06, 0.05, 0.07, False, "but not the champion's 0.0700"),
        (0.05, 0.05, None, False, "kept out"),
        (0.04, 0.05, 0.03, False, "does not beat popularity's 0.0500"),
        (float("nan"), 0.05, None, False, "kept out"),
    ],
)  # fmt: skip
def test_a_challenger_must_beat_the_reference_and_the_champion(
    challenger, reference, champion, promoted, says
):
    decision = decide("NDCG", challenger, reference, champion)

    assert decision.promote is promoted
    assert says in decision.sentence


@pytest.mark.parametrize(
    ("date", "champion_date", "promoted"),
    [
        ("2024-05-01", None, True),
        ("2024-05-01", "2024-04-30", True),
        ("2024-05-01", "2024-05-01", True),
        ("2024-05-01", "2024-05-02", False),
    ],
)
def test_a_model_of_an_earlier_day_never_replaces_the_champion(date, champion_date, promoted):
    decision = unless_older(Decision(promote=True, sentence="promoted"), date, champion_date)

    assert decision.promote is promoted
