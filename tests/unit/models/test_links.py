"""Where items lead (models.retrieval.links)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.retrieval.links import Links

#                  0    1    2    3
WEIGHTS = [
    [9.0, 2.0, 3.0, 0.0],
    [0.0, 9.0, 1.0, 4.0],
    [0.0, 0.0, 9.0, 0.0],
    [1.0, 1.0, 1.0, 9.0],
]


@pytest.fixture
def links():
    return Links.of_matrix(csr_matrix(WEIGHTS), 2)


def test_each_item_leads_to_its_strongest_others_and_not_to_itself(links):
    led = [
        dict(zip(*(part.tolist() for part in links.of_item(item)), strict=True))
        for item in range(4)
    ]

    assert led == [{2: 3.0, 1: 2.0}, {3: 4.0, 2: 1.0}, {}, {1: 1.0, 2: 1.0}]


def test_several_items_lead_together_and_the_strongest_is_named(links):
    found = links.reached(np.array([0, 1]), np.array([1.0, 0.5], np.float32))

    # 2: 3 + .5, 1: 2, 3: 2; of equal ones the lower number first
    assert found.items.tolist() == [2, 1, 3]
    assert found.scores.tolist() == [3.5, 2.0, 2.0]
    assert found.sources.tolist() == [0, 0, 1]


def test_nothing_leads_nowhere(links):
    assert links.reached(np.array([], int), np.array([], np.float32)).items.tolist() == []


def test_vectors_lead_to_what_is_near():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0], [0, 0]], np.float32)

    links = Links.of_vectors(vectors, 2)

    assert links.items.tolist() == [[1, -1], [0, 2], [1, -1], [-1, -1], [-1, -1]]
    assert links.weights[1].tolist() == pytest.approx([0.8, 0.6])
