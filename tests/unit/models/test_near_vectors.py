"""The nearest of many vectors (models.retrieval.near_vectors)."""

import numpy as np
import pytest

from models.retrieval.near_vectors import nearest

N, N_DIMENSIONS, N_NEAREST = 600, 16, 10


@pytest.fixture(scope="module")
def vectors():
    """Thirty heaps of twenty vectors of length 1; the last two are of length 0."""
    random = np.random.default_rng(0)
    heaps = random.normal(size=(30, N_DIMENSIONS))
    drawn = np.repeat(heaps, 20, axis=0) + 0.5 * random.normal(size=(N, N_DIMENSIONS))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    drawn[-2:] = 0
    return drawn.astype(np.float32)


def gathered(vectors, n=N_NEAREST, n_exact=N):
    rows, items, products = zip(*nearest(vectors, n, n_exact), strict=True)
    assert np.concatenate(rows).tolist() == list(range(len(vectors)))
    return np.concatenate(items), np.concatenate(products)


def test_a_graph_finds_nearly_all_of_the_nearest(vectors):
    exact, _ = gathered(vectors)

    found, products = gathered(vectors, n_exact=0)

    shared = [len(set(a) & set(b)) / N_NEAREST for a, b in zip(exact[:-2], found[:-2], strict=True)]
    assert np.mean(shared) > 0.95
    assert (np.diff(products[:-2], axis=1) <= 0).all()
    np.testing.assert_allclose(products[0], vectors[found[0]] @ vectors[0], atol=1e-5)


@pytest.mark.parametrize("n_exact", [N, 0])
def test_no_item_is_near_itself_and_what_has_no_vector_is_near_nothing(vectors, n_exact):
    items, products = gathered(vectors, n_exact=n_exact)

    assert not (items == np.arange(N)[:, None]).any()
    assert (items[-2:] == -1).all()
    assert np.isneginf(products[-2:]).all()
    assert not np.isin(items, [N - 2, N - 1]).any()


def test_the_same_vectors_give_the_same_graph(vectors):
    first, again = gathered(vectors, n_exact=0), gathered(vectors, n_exact=0)

    assert (first[0] == again[0]).all()


@pytest.mark.parametrize("n_exact", [3, 0])
def test_fewer_items_than_asked_for_leave_places_empty(n_exact):
    items, _ = gathered(np.eye(3, dtype=np.float32), n=5, n_exact=n_exact)

    assert [sorted(row) for row in items.tolist()] == [
        [-1, -1, -1, 1, 2],
        [-1, -1, -1, 0, 2],
        [-1, -1, -1, 0, 1],
    ]
