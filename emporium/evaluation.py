"""Comparing recommenders on anybody's files, from reading them to showing what came out."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import typer
from rich.console import Console

from emporium import outcome
from emporium.documents import write_document
from emporium.event_files import (
    EventFile,
    EventFileError,
    ItemNames,
    Names,
    read_events,
    read_items,
)
from emporium.table_files import TableFileError
from models.evaluation.comparison import Comparison, Outcome, compare
from models.evaluation.cuts import Cut, Rule, TooLittleError, cut_of, inner, repeated_share
from models.evaluation.holdouts import Holdout, holdout
from models.evaluation.log import Log, log_of, numbered
from models.evaluation.report import Report
from models.families import families
from models.retrieval.histories import histories
from models.retrieval.items import Items

MEASURES = ("recall", "ndcg", "map", "mrr")


@dataclass(frozen=True)
class Files:
    """What to read; None is not there."""

    interactions: Path
    names: Names
    test: Path | None
    items: Path | None
    item_names: ItemNames


@dataclass(frozen=True)
class Wishes:
    """How to cut and how to try; what is None, the log decides."""

    split: str | None
    n_days: float | None
    repeats: bool | None
    k: int
    seconds: float
    seed: int


def run(files: Files, wishes: Wishes, json_file: Path | None, console: Console) -> None:
    """Compare recommenders on the files and show what came out."""
    try:
        log, later = read(files, console)
        about = items_of(files, log)
        cut = cut_of(
            log, rule_of(wishes, files), wishes.n_days, wishes.seed, repeats=wishes.repeats
        )
        judging, choosing = holdouts(log, later, cut)
    except (TableFileError, TooLittleError) as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    show_log(console, log, repeats=cut.repeats)
    comparison = Comparison(families(), about, wishes.k, wishes.seconds, wishes.seed)
    found = compare(comparison, choosing, judging, lambda line: console.print(line, markup=False))
    show(console, found, wishes.k)
    write_document(figures(found), json_file)


def holdouts(log: Log, later: EventFile | None, cut: Cut) -> tuple[Holdout, Holdout]:
    """Return the hold-out to report on and the one before it to choose on.

    Raises
    ------
    TooLittleError
        If either has nobody to judge by.
    """
    judging = cut.holdout(log) if later is None else given(log, later, repeats=cut.repeats)
    return judging, cut.holdout(inner(log, judging))


def read(files: Files, console: Console) -> tuple[Log, EventFile | None]:
    """Read the log and, if there is one, the file to judge by; say what was left out."""
    found = read_events(files.interactions, files.names)
    _say_left_out(console, files.interactions, found)
    later = read_events(files.test, files.names) if files.test else None
    if files.test and later:
        _say_left_out(console, files.test, later)
    return log_of(found.columns), later


def _say_left_out(console: Console, path: Path, found: EventFile) -> None:
    for reason, n in found.left_out.items():
        console.print(
            f"{path.name}: {n:,} of {found.n_rows:,} rows left out: {reason}", markup=False
        )


def items_of(files: Files, log: Log) -> Items:
    """Return what is known of the log's items."""
    if files.items is None:
        return Items.unknown(len(log.item_names))
    return read_items(files.items, files.item_names, log.item_names)


def given(log: Log, later: EventFile, *, repeats: bool) -> Holdout:
    """Judge by events of another file; users and items that the log does not know are left out."""
    columns = later.columns
    users, items = numbered(columns.users, log.user_names), numbered(columns.items, log.item_names)
    known = (users >= 0) & (items >= 0)
    n = int(known.sum())
    shape = (len(log.user_names), len(log.item_names))
    after = histories(users[known], items[known], np.ones(n, np.float32), np.zeros(n), shape)
    made = holdout(log.histories, after, repeats=repeats, rule=f"the file given, {n:,} events")
    if not len(made.asked):
        raise TooLittleError("no user of --test is in --interactions: nobody can be judged")
    return made


def rule_of(wishes: Wishes, files: Files) -> Rule | None:
    """Return the cut asked for; sessions if the users are called so.

    Raises
    ------
    EventFileError
        If there is no such cut.
    """
    if wishes.split is None:
        return "sessions" if "session" in files.names.user.lower() else None
    rules: dict[str, Rule] = {rule: rule for rule in get_args(Rule)}
    if wishes.split not in rules:
        raise EventFileError(f"--split {wishes.split}: say one of {', '.join(rules)}")
    return rules[wishes.split]


def show_log(console: Console, log: Log, *, repeats: bool) -> None:
    """Say what was read and what follows from it."""
    events = log.histories
    share = repeated_share(events)
    had = "may come again and count" if repeats else "are not recommended and don't count"
    console.print(
        f"{len(events.items):,} events of {len(log.user_names):,} users and {events.n_items:,} items; "
        f"{share:.0%} of them are of an item the user had before: items had before {had}"
    )


def show(console: Console, found: Outcome, k: int) -> None:
    """Print the reports, the segments and the choice."""
    rows = {name: row(report) for name, report in found.reports.items()}
    console.print(outcome.matrix(f"k = {k}", rows))
    by_segment = {
        name: {segment: each.mean for segment, each in report.segments.items()}
        for name, report in found.reports.items()
    }
    console.print(outcome.matrix(f"NDCG@{k} by segment", by_segment))
    best = found.study.members[0].name
    console.print(f"chosen: {found.chosen}, because on the earlier hold-out {found.study.reason}")
    if found.chosen != best:
        better = found.gain_over(best)
        console.print(
            f"NDCG@{k} against {best}, the best single model there: {better.mean:+.4f} "
            f"[{better.low:+.4f}, {better.high:+.4f}]",
            markup=False,
        )
    console.print(f"fitted in {found.fit_seconds:.1f} s")


def row(report: Report) -> dict[str, str | float]:
    """Return a report as a line of the table: accuracy with its interval, the rest as means."""
    line: dict[str, str | float] = {}
    for name, each in report.measures.items():
        line[name] = each.mean
        if name in MEASURES:
            line[name] = f"{each.mean:.4f} ±{(each.high - each.low) / 2:.4f}"
    return {**line, "coverage": report.coverage}


def figures(found: Outcome) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        "chosen": found.chosen,
        "reason": found.study.reason,
        "fit_seconds": found.fit_seconds,
        "members": {setting.name: dict(setting.params) for setting in found.study.members},
        "models": {
            name: {
                "measures": {key: asdict(each) for key, each in report.measures.items()},
                "segments": {key: asdict(each) for key, each in report.segments.items()},
                "coverage": report.coverage,
            }
            for name, report in found.reports.items()
        },
    }
