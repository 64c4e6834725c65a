"""Which units an experiment gets, and what cannot run beside what (transactional.experiments.layers)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.experiments import Arm, Design, Treatment
from transactional.experiments.layers import decided_twice, first_free, largest_free


@pytest.mark.parametrize(
    ("taken", "wanted", "first"),
    [
        ([], 10_000, 0),
        ([(0, 5000)], 5000, 5000),
        ([(0, 5000)], 5001, None),
        ([(6000, 4000), (0, 3000)], 3000, 3000),
        ([(6000, 4000), (0, 3000)], 3001, None),
        ([(0, 10_000)], 1, None),
    ],
)
def test_an_experiment_gets_the_first_piece_with_room(taken, wanted, first):
    assert first_free(taken, wanted) == first


@given(st.lists(st.integers(1, 4000), max_size=12), st.data())
def test_whatever_comes_and_goes_nobody_is_in_two_experiments(wanted, data):
    taken = []
    for n_buckets in wanted:
        first = first_free(taken, n_buckets)
        if first is None:
            assert largest_free(taken) < n_buckets
            continue
        taken.append((first, n_buckets))
        if data.draw(st.booleans()):
            taken.pop(data.draw(st.integers(0, len(taken) - 1)))

    buckets = [bucket for first, n in taken for bucket in range(first, first + n)]
    assert len(buckets) == len(set(buckets))
    assert all(0 <= bucket < 10_000 for bucket in buckets)


def design(surfaces=("for_you",), slots=(), **way):
    arms = [Arm(name="control", share_basis_points=5000)]
    arms.append(Arm(name="other", share_basis_points=5000, **way))
    return Design(surfaces=list(surfaces), slots=list(slots), arms=arms)


POPULAR = design(model="popular")
BESIDE = Treatment(model="challenger")


@pytest.mark.parametrize(
    ("other", "twice"),
    [
        (design(model="challenger"), ["model"]),
        (design(personal=False), []),
        (design(("trending",), model="challenger"), []),
        (design(slots=("home",), model="challenger"), ["model"]),
        (design(personal=False, beside=BESIDE), ["model"]),
    ],
)
def test_layers_that_decide_the_same_of_the_same_answers_collide(other, twice):
    assert list(decided_twice(POPULAR, other)) == twice
    assert list(decided_twice(other, POPULAR)) == twice


def test_two_layers_cannot_both_make_two_lists_one():
    one, other = design(beside=BESIDE), design(beside=Treatment(personal=False))

    assert decided_twice(one, other) == ("the list",)


def test_other_slots_are_other_answers():
    assert not decided_twice(
        design(slots=["home"], model="popular"), design(slots=["cart"], model="popular")
    )
