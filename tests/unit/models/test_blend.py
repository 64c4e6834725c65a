"""Blends (models.retrieval.blend): the weighted sum of what several models say."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from models.retrieval.blend import BlendRetriever, standardised
from models.retrieval.histories import Histories

UNKNOWN = -np.inf
TWO_USERS = Histories(
    starts=np.array([0, 1, 2]),
    items=np.array([0, 1]),
    weights=np.ones(2, np.float32),
    days=np.zeros(2),
    n_items=2,
)


@dataclass
class Says:
    """A model that says what it is told to."""

    scores: list[list[float]]
    fitted_on: list[object] = field(default_factory=list)

    def fit(self, histories, items):
        self.fitted_on.append((histories, items))
        return self

    def score(self, histories):
        return np.array(self.scores, np.float32)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([1, 3], [-1, 1]),
        ([1e6, 3e6], [-1, 1]),
        ([0, 0, 3, 3], [-1, -1, 1, 1]),
        ([7, 7, 7], [0, 0, 0]),
        ([0.1, 0.1, 0.1], [0, 0, 0]),
        ([1, UNKNOWN, 3], [-1, -1, 1]),  # the unknown is as good as the worst
        ([UNKNOWN, UNKNOWN], [0, 0]),
        ([5], [0]),
    ],
)
def test_a_row_is_set_to_mean_0_and_deviation_1(row, expected):
    standard = standardised(np.array([row], np.float32))

    assert standard[0].tolist() == pytest.approx(expected)


def test_each_model_counts_by_its_weight_whatever_the_scale_of_its_scores():
    model = BlendRetriever([Says([[1, 3], [3, 1]]), Says([[2000, 0], [2000, 0]])], [1, 0.5])

    scores = model.score(TWO_USERS)

    np.testing.assert_allclose(scores, [[-0.5, 0.5], [1.5, -1.5]])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([UNKNOWN, UNKNOWN], [1, 3], [-1, 1]),
        ([UNKNOWN, 5], [UNKNOWN, 3], [UNKNOWN, 0]),
        ([UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN]),
    ],
)
def test_only_what_no_model_knows_is_unknown(first, second, expected):
    scores = BlendRetriever([Says([first] * 2), Says([second] * 2)], [1, 1]).score(TWO_USERS)

    assert scores[0].tolist() == expected


def test_all_models_learn_from_the_same():
    models = [Says([]), Says([])]

    BlendRetriever(models, [1, 1]).fit(TWO_USERS, ["a", "b"])

    assert [model.fitted_on for model in models] == [[(TWO_USERS, ["a", "b"])]] * 2


@pytest.mark.parametrize("weights", [[], [1], [1, 2, 3]])
def test_a_blend_needs_one_weight_per_model(weights):
    with pytest.raises(ValueError, match="2 models need as many weights"):
        BlendRetriever([Says([]), Says([])], weights)
