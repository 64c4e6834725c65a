"""The replay of ordering policies (bench.policy_replay): units are neither made nor lost."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.forecast_policy import MinMax, Oracle
from bench.policy_replay import Course, outcome, replay
from bench.policy_world import World
from models.planning.reorder import OrderCosts, Terms


def world(demand, lead_days, cost=1000.0, pack=1.0):
    demand = np.array(demand, float)
    n = len(demand)
    terms = Terms(np.full(n, cost), np.full(n, pack), np.ones(n), np.full(n, np.inf))
    lead = np.broadcast_to(lead_days, demand.shape).astype(int)
    return World(demand, lead, np.zeros(n, int), np.full(n, lead.mean()), np.ones(n), terms, 0)


@dataclass
class ByHand:
    """Orders as written down, a list for each day."""

    orders: list

    def __post_init__(self):
        self.seen = []

    def order(self, seen):
        self.seen.append(seen)
        return np.array([self.orders[seen.day]], float)


def test_four_days_by_hand():
    shop, policy = world([[2, 3, 5, 0]], 2), ByHand([4, 0, 0, 3])
    course = Course.opened(shop, np.array([6.0]))

    replay(shop, policy, course, range(4))

    assert course.sold.tolist() == [[2, 3, 1, 0]]
    assert course.on_hand.tolist() == [[4, 1, 4, 4]]  # what was ordered on day 0 came on day 2
    assert [seen.on_order.tolist() for seen in policy.seen] == [[0], [4], [0], [0]]
    assert course.on_order(3).tolist() == [3]
    # 5 were wanted on day 2 and nobody saw it: it counts as a usual day
    assert policy.seen[-1].units.tolist() == [[2, 3, 2.5, 0]]
    last = policy.seen[-1].receipts
    assert (last.days.tolist(), last.n_units.tolist()) == ([2], [4])
    found = outcome(shop, course, range(4), holding_ratio=0.365)
    assert found.fill_ratio == 0.6
    assert found.holding_cents == pytest.approx(13)  # 13 unit-days, a cent each
    assert (found.n_short_days, found.n_orders) == (1, 2)


units = st.integers(0, 9)


@given(
    demand=st.lists(st.lists(units, min_size=40, max_size=40), min_size=1, max_size=3),
    lead_days=st.integers(1, 6),
    pack=st.sampled_from((1.0, 4.0)),
    rule=st.sampled_from(("min/max", "oracle")),
)
def test_units_are_conserved(demand, lead_days, pack, rule):
    shop = world(demand, lead_days, pack=pack)
    policy = MinMax(shop, 2, 1) if rule == "min/max" else Oracle(shop, OrderCosts())
    opening = np.full(len(demand), 7.0)
    course = Course.opened(shop, opening)

    replay(shop, policy, course, range(40))

    came, sold = course.received.sum(axis=1), course.sold.sum(axis=1)
    assert (opening + came - sold == course.on_hand[:, -1]).all()
    assert (course.ordered.sum(axis=1) == came + course.on_order(39)).all()
    assert (course.sold <= shop.demand).all()
    assert (course.on_hand >= 0).all()


def test_the_oracle_misses_nothing_that_can_be_had_in_time():
    shop = world(np.random.default_rng(0).poisson(3, (5, 60)), 4)
    course = Course.opened(shop, shop.demand[:, :6].sum(axis=1))

    replay(shop, Oracle(shop, OrderCosts()), course, range(60))

    assert (course.sold == shop.demand).all()
    assert course.on_hand[:, -1].sum() == 0
