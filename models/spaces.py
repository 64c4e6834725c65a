"""What a sweep may set of each family of `models.families`, and how far: Optuna's distributions.

The ends are where a setting stops making sense or costs more than a night has. What no axis names keeps
the value of the family's default.
"""

from collections.abc import Mapping

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Space = Mapping[str, BaseDistribution]


def _share() -> FloatDistribution:
    return FloatDistribution(0.0, 1.0)


_SUCCESSORS: Space = {
    "n_steps": IntDistribution(1, 50, log=True),
    "backward": _share(),
    "length_power": _share(),
    "memory_events": FloatDistribution(0.5, 16.0, log=True),
    "source_power": _share(),
    "target_power": FloatDistribution(0.0, 0.6),
    "further": _share(),
}

SPACES: Mapping[str, Space] = {
    "recent_popularity": {"half_life_days": FloatDistribution(0.5, 365.0, log=True)},
    "item_neighbours": {
        "weighting": CategoricalDistribution(("cosine", "bm25")),
        "n_neighbours": IntDistribution(10, 2_000, log=True),
    },
    "graph_filter": {
        "source_exponent": _share(),
        "path_exponent": _share(),
        "target_exponent": _share(),
        "sharpness": FloatDistribution(0.75, 2.0),
        "damping": _share(),
        "max_neighbours": IntDistribution(50, 1_000, log=True),
    },
    "als": {
        "n_factors": IntDistribution(16, 1_024, log=True),
        "alpha": FloatDistribution(1.0, 300.0, log=True),
        "regularization": FloatDistribution(1e-4, 0.3, log=True),
        "frequency_exponent": _share(),
        "n_iterations": IntDistribution(3, 15),
    },
    "ease": {"regularization": FloatDistribution(5.0, 5_000.0, log=True)},
    "successors": _SUCCESSORS,
    "repeats": _SUCCESSORS,
    "session_neighbours": {
        "n_neighbours": IntDistribution(50, 2_000, log=True),
        "memory_events": FloatDistribution(0.5, 16.0, log=True),
        "length_power": _share(),
        "closeness_power": FloatDistribution(0.5, 3.0),
        "source_power": _share(),
        "target_power": FloatDistribution(0.0, 0.6),
    },
    "words": {
        "memory_events": FloatDistribution(0.5, 16.0, log=True),
        "sharpness": FloatDistribution(0.5, 8.0, log=True),
    },
    "content": {
        "n_dimensions": IntDistribution(32, 512, log=True),
        "memory_events": FloatDistribution(0.5, 16.0, log=True),
        "sharpness": FloatDistribution(0.5, 8.0, log=True),
    },
    "attribute_factors": {
        "n_factors": IntDistribution(2, 32, log=True),
        "word_regularization": FloatDistribution(0.1, 100.0, log=True),
        "own_regularization": FloatDistribution(0.1, 100.0, log=True),
        "prior_visits": FloatDistribution(0.1, 10.0, log=True),
        "season_days": FloatDistribution(3.0, 90.0, log=True),
    },
}
