"""Two lists shown as one: whose products are chosen tells which list is better, with few shoppers.

Source: Radlinski, Kurup, Joachims, "How does clickthrough data reflect retrieval quality?" (CIKM 2008): team
draft. Scores as in Chapelle, Joachims, Radlinski, Yue, "Large-scale validation and analysis of interleaved
search evaluation" (TOIS 2012).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.experiments.ratios import Estimate, Values, mean

FIRST, SECOND = 0, 1


@dataclass(frozen=True)
class Drafted:
    """The list that is shown, and which list each of its products counts for (`FIRST` or `SECOND`)."""

    product_ids: list[int]
    teams: list[int]

    def of_team(self, team: int) -> list[int]:
        """Return the products that count for a list."""
        picked = zip(self.product_ids, self.teams, strict=True)
        return [product_id for product_id, own in picked if own == team]


def team_draft(
    first: Sequence[int], second: Sequence[int], n_places: int, draws: random.Random
) -> Drafted:
    """Return both lists as one: in each round a coin says who picks first, and both pick their best.

    No product comes twice; where one list runs out the other goes on alone.
    """
    drafted = Drafted([], [])
    taken: set[int] = set()
    left = (iter(first), iter(second))
    while len(drafted.product_ids) < n_places:
        n_before = len(taken)
        for team in (FIRST, SECOND) if draws.random() < 0.5 else (SECOND, FIRST):
            best = next((each for each in left[team] if each not in taken), None)
            if best is None or len(drafted.product_ids) == n_places:
                continue
            taken.add(best)
            drafted.product_ids.append(best)
            drafted.teams.append(team)
        if len(taken) == n_before:
            break
    return drafted


def preference(first_credits: Values, second_credits: Values) -> Estimate:
    """Return the share of units that prefer the second list, a tie counting half; 0.5 says neither.

    Parameters
    ----------
    first_credits, second_credits : arrays of shape (n_units,)
        Clicks, or whatever counts, on products of each list. Units without any say nothing.
    """
    spoke = (first_credits + second_credits) > 0
    wins = np.sign(second_credits - first_credits)[spoke]
    return mean((1 + wins) / 2)
