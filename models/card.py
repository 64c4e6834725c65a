"""A page about one version of the recommender, for whoever has to trust it.

Source of the sections: Mitchell et al., "Model cards for model reporting" (FAT* 2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.evaluation.intervals import Interval
from models.evaluation.report import Report

ACCURACY = ("recall", "ndcg", "map", "mrr")


@dataclass(frozen=True)
class CardFacts:
    """What a card tells.

    Parameters
    ----------
    chosen
        Name of the chosen one among the reports.
    members
        Families and settings, in words.
    rule
        What it was judged by.
    """

    date: str
    code_version: str
    data_version: str
    chosen: str
    reason: str
    members: Sequence[str]
    rule: str
    n_users: int
    n_known_users: int
    n_items: int
    k: int
    gate: str


def card(facts: CardFacts, reports: Mapping[str, Report]) -> str:
    """Return the page, in Markdown."""
    parts = [
        f"# Recommender, trained on everything up to {facts.date}",
        f"**{facts.chosen}**, because on the window before the hold-out {facts.reason}.",
        f"Gate: {facts.gate}.",
        "## What it is",
        "Of what a customer did, it makes a list of items they may want next. Made of:",
        "\n".join(f"- {member}" for member in facts.members),
        f"Code {facts.code_version}, data {facts.data_version}.",
        "## What it knows",
        f"{facts.n_known_users:,} customers and {facts.n_items:,} items that are sold.",
        f"## How good it is: {facts.rule}, {facts.n_users:,} customers, lists of {facts.k}",
        measures_table(reports),
        "Means with the interval in which 95 of 100 resamples of the customers lie.",
        "### NDCG by kind of customer and item",
        segments_table(reports),
        "New and heavy: the fifth of the customers with the shortest and the longest history. Head: "
        "the items that hold half of all events.",
        "## What it is not for",
        "It was judged on items that customers bought for the first time, by what they bought anyway: "
        "nobody was shown its lists in that time. It says nothing of customers without any history, who "
        "get what is wanted now, nor of what a list does to sales: that takes an experiment.",
    ]
    return "\n\n".join(parts) + "\n"


def measures_table(reports: Mapping[str, Report]) -> str:
    """Return the accuracy with intervals and what else is measured, a line per model."""
    names = [name for name in next(iter(reports.values())).measures if name not in ACCURACY]
    head = ["model", *ACCURACY, *names, "coverage"]
    rows = [
        [
            model,
            *(with_interval(report.measures[name]) for name in ACCURACY),
            *(f"{report.measures[name].mean:.3f}" for name in names),
            f"{report.coverage:.3f}",
        ]
        for model, report in reports.items()
    ]
    return table(head, rows)


def segments_table(reports: Mapping[str, Report]) -> str:
    """Return the NDCG of each segment, a line per model."""
    names = list(next(iter(reports.values())).segments)
    rows = [
        [model, *(with_interval(report.segments[name]) for name in names)]
        for model, report in reports.items()
    ]
    return table(["model", *(name.replace("_", " ") for name in names)], rows)


def with_interval(value: Interval) -> str:
    """Return a mean and its interval as text."""
    return f"{value.mean:.4f} ({value.low:.4f} to {value.high:.4f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
