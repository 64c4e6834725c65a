"""Classes of products and their service levels (models.planning.classes)."""

import numpy as np

from models.planning.classes import CLASSES, ClassRules, by_revenue, classes, service_levels

RULES = ClassRules()
STEADY, LUMPY, RARE = [5, 5, 5, 5], [2, 8, 2, 8], [0, 0, 0, 9]


def test_products_that_make_four_fifths_of_the_revenue_are_a_the_next_up_to_19_in_20_b():
    revenue = np.array([10.0, 500, 300, 140, 0, 50])  # of 1,000: after 500 and 300, 0.8 is reached

    assert by_revenue(revenue, RULES.revenue_shares).tolist() == ["C", "A", "A", "B", "C", "B"]


def test_variation_of_weeks_makes_x_y_and_z():
    # standard deviation over mean: 0; 3 / 5 = 0.6; 1.73
    found = classes(np.array([90.0, 8, 2]), np.array([STEADY, LUMPY, RARE], float), RULES)

    assert found.tolist() == ["AX", "BY", "CZ"]


def test_what_never_sold_is_cz():
    assert classes(np.zeros(1), np.zeros((1, 4)), RULES).tolist() == ["CZ"]


def test_the_dearer_and_steadier_the_higher_the_level():
    levels = service_levels(np.array(CLASSES), RULES).reshape(3, 3)

    assert (np.diff(levels, axis=0) < 0).all()
    assert (np.diff(levels, axis=1) < 0).all()
