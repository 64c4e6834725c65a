"""Why a product stands where it does (models.search.explaining)."""

import pytest

from models.search.explaining import explained
from models.search.query import Search
from models.search.second_stage import BY_HAND, SecondStage
from models.search.taste import Acts
from models.search.wishes import NO_WISHES, Pin, Weights, Wishes
from tests.unit.models.search.products import document, index_of


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Of the lamps 2 is looked at most; 4 is a lamp by its description alone, 5 none."""
    ratios = {"look_ratio": 0.2, "conversion_ratio": 0.05}
    products = [
        document(1, "Desk lamp", **ratios),
        document(2, "Desk lamp", **ratios | {"look_ratio": 0.8}),
        document(3, "Desk lamp TN-2110", **ratios),
        document(4, "Wall clock", description="as good as a desk lamp", **ratios),
        document(5, "Tent", **ratios),
    ]
    return index_of(tmp_path_factory.mktemp("why"), products, 1)


def test_it_says_which_words_were_found_where(index):
    found = explained(index, Search("desk lamps tn2110"), 3, NO_WISHES)

    assert {part.words: set(part.by_field) for part in found.parts} == {
        "desk": {"title"},
        "lamps": {"title"},
        "tn2110": {"codes"},
    }
    assert found.text_value == pytest.approx(sum(part.value for part in found.parts))


def test_a_word_that_the_product_lacks_adds_nothing(index):
    found = explained(index, Search("desk tent"), 1, NO_WISHES)

    assert [(part.words, part.value > 0) for part in found.parts] == [
        ("desk", True),
        ("tent", False),
    ]
    assert not found.has_enough


@pytest.mark.parametrize(
    ("product_id", "places"),
    [(1, (1, 2, 2)), (2, (2, 1, 1)), (4, (4, 4, 4))],
)
def test_it_says_the_place_by_words_after_the_second_stage_and_as_shown(index, product_id, places):
    found = explained(index, Search("desk lamp"), product_id, Wishes(second_stage=BY_HAND))

    assert (found.text_place, found.second_place, found.place) == places


def test_features_and_what_they_add_are_told_where_the_second_stage_reaches(index):
    wishes = Wishes(second_stage=SecondStage(BY_HAND.order, Acts((2,))))

    found = explained(index, Search("desk lamp"), 2, wishes).reordering

    assert found.order == "formula"
    assert found.features["text_ratio"] == 1
    assert found.features["rating_lift"] is None
    assert max(found.contributions, key=found.contributions.get) == "look_lift"
    assert set(found.of_taste) == {"own_brand", "own_category", "own_price"}
    assert explained(index, Search("desk lamp"), 2, NO_WISHES).reordering is None
    assert explained(index, Search("desk lamp", sort="price_asc"), 2, wishes).reordering is None


def test_what_operators_did_is_told(index):
    weights = Weights({"product_id": {1: (5.0, (7,))}})
    wishes = Wishes(pins=(Pin(1, 5, 8),), weights=(weights,), second_stage=BY_HAND)

    weighed = explained(index, Search("desk lamp"), 1, wishes)
    pinned = explained(index, Search("desk lamp"), 5, wishes)

    assert (weighed.second_place, weighed.place, weighed.factor) == (2, 2, 5.0)
    assert weighed.rule_ids == [7]
    assert (pinned.text_place, pinned.place, pinned.rule_ids) == (None, 1, [8])


@pytest.mark.parametrize("product_id", [5, 99])
def test_what_is_not_in_the_answer_is_not_explained(index, product_id):
    assert explained(index, Search("desk lamp"), product_id, NO_WISHES) is None
