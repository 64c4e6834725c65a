"""Orders as files."""

import json
from pathlib import Path

import lightgbm

from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.pair_context import ItemFacts
from models.ranking.second_stage import BlendOrder, LearnedOrder, Order, SingleOrder
from models.retrieval.saving import BrokenModelError, load, save

TREES, KIND = "trees.txt", "kind.json"


def save_order(order: Order, folder: Path) -> None:
    """Write an order."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KIND).write_text(json.dumps(type(order).__name__))
    if not isinstance(order, LearnedOrder):
        save(order, folder / "order")
    elif order.ranker.booster_ is not None:
        save(order.facts, folder / "facts")
        (folder / TREES).write_text(order.ranker.booster_.model_to_string())


def load_order(folder: Path) -> Order:
    """Open a saved order.

    Raises
    ------
    BrokenModelError
        If a file is missing or broken.
    """
    try:
        kind = json.loads((folder / KIND).read_text())
        if kind == LearnedOrder.__name__:
            booster = lightgbm.Booster(model_str=(folder / TREES).read_text())
            return LearnedOrder(LambdaMARTRanker().of(booster), load(ItemFacts, folder / "facts"))
    except (OSError, ValueError, lightgbm.basic.LightGBMError) as error:
        raise BrokenModelError(f"{folder} holds no whole order: {error}") from error
    if kind == SingleOrder.__name__:
        return load(SingleOrder, folder / "order")
    return load(BlendOrder, folder / "order")
