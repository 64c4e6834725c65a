"""A page about one version of the order that was learnt for searches.

Source of the sections: Mitchell et al., "Model cards for model reporting" (FAT* 2019).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.card import table, with_interval
from models.evaluation.intervals import Interval
from models.search.features import NAMES
from models.search.teaching import K


@dataclass(frozen=True)
class SearchCardFacts:
    """What a card tells beside the figures; `rule` is what it was judged by."""

    date: str
    code_version: str
    data_version: str
    rule: str
    n_taught: int
    n_judged: int
    gate: str


def search_card(facts: SearchCardFacts, ndcg: Mapping[str, Interval]) -> str:
    """Return the page, in Markdown."""
    rows = [[name, with_interval(each)] for name, each in ndcg.items()]
    parts = [
        f"# Order of searches, trained on everything up to {facts.date}",
        f"Gate: {facts.gate}.",
        "## What it is",
        "Gradient boosted trees (LambdaMART) that put the first 200 products a search's words find into another order. "
        f"They look at {', '.join(NAMES)}.",
        f"Code {facts.code_version}, data {facts.data_version}.",
        f"## How good it is: {facts.rule}, {facts.n_judged:,} searches, taught by {facts.n_taught:,}",
        table(["order", f"nDCG@{K}"], rows),
        "Means with the interval in which 95 of 100 resamples of the searches lie.",
        "## What it is not for",
        "It was judged on products that were shown, by what was looked at and put in the cart; what was never shown "
        "has no say. How much a place is examined is an estimate. Searches without words, and other orders than by "
        "relevance, don't ask it.",
    ]
    return "\n\n".join(parts) + "\n"
