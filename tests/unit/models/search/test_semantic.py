"""Products near a query in meaning (models.search.semantic)."""

import pytest

from models.retrieval.saving import BrokenModelError
from models.search.query import Search, Things
from models.search.semantic import FOLDER, Semantics, text_of
from models.search.wishes import Wishes
from tests.unit.models.search.products import document, index_of

# Of what is called a sofa or a couch others say the same; nothing is both.
TEXTS = {
    1: "sofa soft cushions living room",
    2: "couch soft cushions living room",
    3: "sofa grey cushions seats",
    4: "couch grey cushions seats",
    5: "hammer steel nails workshop",
    6: "pliers steel nails workshop",
    7: "hammer wooden handle",
    8: "pliers wooden handle",
}
FURNITURE = {1, 2, 3, 4}


@pytest.fixture(scope="module")
def semantics():
    return Semantics.of(TEXTS.items(), n_dimensions=2)


def test_what_is_called_otherwise_but_spoken_of_alike_is_near(semantics):
    found = semantics.near("sofas", 8)

    assert set(found) == FURNITURE


@pytest.mark.parametrize("text", ["zeppelin", "", "?!"])
def test_near_what_nobody_speaks_of_is_nothing(semantics, text):
    assert semantics.near(text, 8) == []


def test_no_more_are_near_than_asked_for(semantics):
    assert len(semantics.near("sofa", 2)) == 2


@pytest.mark.parametrize("texts", [{1: "lamp", 2: "desk"}, {1: "lamp"}, {1: "", 2: ""}])
def test_where_no_words_are_shared_there_is_no_meaning_to_learn(texts):
    assert Semantics.of(texts.items()) is None


def test_vectors_lie_beside_an_index_which_opens_without_them_too(semantics, tmp_path):
    index = index_of(tmp_path, [document(n, text) for n, text in TEXTS.items()])
    assert (index.semantics, index.near("sofa", 4)) == (None, [])

    semantics.save(tmp_path)
    found = Semantics.load(tmp_path)

    assert found.near("sofa", 4) == semantics.near("sofa", 4)
    (tmp_path / FOLDER / "vectors.npy").unlink()
    with pytest.raises(BrokenModelError):
        Semantics.load(tmp_path)


def test_a_product_is_placed_by_all_its_text():
    placed = text_of(document(1, "Lamp", brand="Lumo", attributes='{"colour": "red"}'))

    assert placed.split() == ["Lamp", "Lumo", "colour", "red"]


def test_hidden_products_are_not_found_by_meaning_either(tmp_path):
    """So many are hidden that only those are left out which the search could find."""
    index = index_of(tmp_path, [document(n, text) for n, text in TEXTS.items()])
    many = Things(product_ids=(2, *range(100, 150)))

    found = index.search(Search("sofa"), wishes=Wishes(hidden=(many,), near=(2, 4)))

    assert [each["product_id"] for each in found.documents][-1] == 4
    assert 2 not in [each["product_id"] for each in found.documents]
