"""The whole plan, and why it says what it says (models.planning.plan, explaining)."""

from dataclasses import replace

import numpy as np
import pytest

from models.planning.explaining import Counted, explained
from models.planning.plan import Places, PlanRules, plan
from models.planning.reorder import OrderCosts, Terms

# A line costs 200 and keeping a unit of 1,000 costs 1 a day.
COSTS = OrderCosts(line_cents=200, holding_ratio=0.365)
RULES = PlanRules(review_days=1, error_correlation=0, cover_days=5, costs=COSTS)


def places(free, on_order=0.0, pack=1.0, minimum=0.0, life=np.inf, product=None, warehouse=None):
    """Rows of products that sell one a day, each order 3 days on the way."""
    n = len(free)

    def column(value):
        return np.array(np.broadcast_to(value, n), float)

    return Places(
        product=np.arange(n) if product is None else np.array(product),
        warehouse=np.zeros(n, int) if warehouse is None else np.array(warehouse),
        n_free=column(free),
        n_on_order=column(on_order),
        mean_units=np.ones((n, 7)),
        spread_units=np.ones((n, 7)),
        lead_days=column(3),
        lead_spread_days=column(0),
        service_level=column(0.95),
        margin_cents=column(500),
        terms=Terms(column(1000), column(pack), column(minimum), column(life)),
    )


def test_a_plan_by_hand():
    # 3 days and one until the next run: 4 units foreseen. An order is for sqrt(2 * 200 / 1) = 20
    # days. Ordered at 4, Poisson misses 4 P(D = 4) = 0.78 of 20 units: fewer than 0.05. At 3: 1.35.
    made = plan(places(free=[5, 4, 2], pack=5), RULES)

    assert made.needs.reorder_point.tolist() == [4, 4, 4]
    assert made.needs.order_up_to.tolist() == [24, 24, 24]
    assert made.wanted.tolist() == [0, 20, 22]
    assert made.units.tolist() == [0, 20, 20]  # the nearest number of packs


def test_a_product_that_hardly_sells_is_not_bought_again():
    # One in a thousand days: of 100 such products 16 sell the one unit within half a year.
    rare = replace(places(free=[0, 0]), mean_units=np.array([[1.0] * 7, [0.001] * 7]))

    made = plan(rare, RULES)

    assert made.needs.is_unworthy.tolist() == [False, True]
    assert (made.units > 0).tolist() == [True, False]


def test_what_is_on_order_is_not_ordered_again():
    assert plan(places(free=[2], on_order=20), RULES).units.tolist() == [0]


def test_units_are_moved_before_any_are_bought():
    # North keeps 4 and five days' demand, gives 16 of 25: South is above its point then.
    made = plan(places(free=[25, 0], product=[0, 0], warehouse=[0, 1]), RULES)

    [moved] = made.transfers
    assert (moved.from_warehouse, moved.to_warehouse, moved.n_units) == (0, 1, 16)
    assert (made.moved_out.tolist(), made.moved_in.tolist()) == ([16, 0], [0, 16])
    assert made.units.tolist() == [0, 0]


def test_what_spoils_in_ten_days_is_ordered_for_the_lead_time_and_ten_days():
    made = plan(places(free=[2], life=10, pack=2), RULES)

    assert (made.rounded.tolist(), made.units.tolist(), made.capped) == (
        [22], [10], ["shelf_life"],
    )  # fmt: skip


def test_what_nobody_is_foreseen_to_want_is_not_ordered():
    unwanted = places(free=[0])
    unwanted.mean_units[:] = 0

    assert plan(unwanted, RULES).units.tolist() == [0]


@pytest.mark.parametrize(
    ("free", "options", "budget", "words"),
    [
        (2, {}, np.inf, "4.0 units (in nine cases of ten at most 7) are foreseen for the 4.0 days until "
         "an order of the next run comes (lead time 3.0 days, give or take 0.0); to fill 95.0% of "
         "what is wanted (class AX) an order is due at 4 units; there are 3, of which 1 are reserved, "
         "and 0 on order, so 22 are wanted to fill up to 24."),
        (2, {"pack": 5, "minimum": 30}, np.inf,
         "so 32 are wanted to fill up to 34, 30 in packs of 5 and at least 30."),
        (2, {"pack": 2, "life": 10}, np.inf,
         "so 22 are wanted to fill up to 24, of which 10 sell within their shelf life."),
        (2, {}, 5_000, "so 22 are wanted to fill up to 24, of which 5 fit the budget."),
    ],
)  # fmt: skip
def test_a_proposal_says_why(free, options, budget, words):
    rows = places(free=[free], **options)
    rules = PlanRules(1, 0, 5, budget, COSTS)
    made = plan(rows, rules)
    found = explained(0, Counted("AX", free + 1, 1), rows, made, rules)

    assert found.sentence().endswith(words)
    assert found.proposed == made.units[0]
    assert found.facts()["sentence"] == found.sentence()
