"""Which cut suits a log, and the two hold-outs it gives: one to choose by, a later one to report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.evaluation.holdouts import (
    Holdout,
    after_day,
    drifting_share,
    last_event,
    last_sessions,
    newest_sessions,
    random_share,
)
from models.evaluation.log import Log
from models.retrieval.histories import Histories

Rule = Literal["days", "sessions", "last", "random", "drift"]

HELD_SHARE = 0.2
SESSIONS_SHARE = 0.05
SESSION_DAYS = 1.0
REPEATED_SHARE = 0.2
MOST_DAYS = 30
N_ENOUGH_USERS = 50


class TooLittleError(ValueError):
    """A log leaves nothing to learn from or nobody to judge by."""


@dataclass(frozen=True)
class Cut:
    """How hold-outs are cut.

    Parameters
    ----------
    n_days
        Length of a hold-out by `days`.
    repeats
        Whether an item that the user had before may be returned and counts.
    """

    rule: Rule
    n_days: float
    repeats: bool
    seed: int

    def holdout(self, log: Log) -> Holdout:
        """Cut the log once.

        Raises
        ------
        TooLittleError
            If nobody can be judged.
        """
        made = CUTTERS[self.rule](self, log)
        if not len(made.asked) or not len(made.known.items):
            raise TooLittleError(
                f"cut by {made.rule}, nobody is left who did something before and something new "
                "after: give a longer log, or another cut"
            )
        return made


def cut_of(
    log: Log, rule: Rule | None, n_days: float | None, seed: int, *, repeats: bool | None
) -> Cut:
    """Return the cut asked for; what is None, the log itself decides.

    With times, users whose events lie within a day are sessions, others are cut by a day; with order
    alone, the last event is held back; without either, a random share.
    """
    histories = log.histories
    return Cut(
        rule=rule or rule_of(log),
        n_days=n_days or days_of(histories),
        repeats=repeated_share(histories) >= REPEATED_SHARE if repeats is None else repeats,
        seed=seed,
    )


def rule_of(log: Log) -> Rule:
    """Return the cut that suits a log."""
    if not log.ordered:
        return "random"
    if not log.timed:
        return "last"
    histories = log.histories.part(np.nonzero(log.histories.lengths > 1)[0])
    if not len(histories):
        return "random"
    spans = histories.days[histories.starts[1:] - 1] - histories.days[histories.starts[:-1]]
    return "sessions" if np.median(spans) < SESSION_DAYS else "days"


def days_of(histories: Histories) -> float:
    """Return the days at the end that hold a tenth of the events, whole days from 1 to 30."""
    if not len(histories.items):
        return 1.0
    span = histories.days.max() - np.quantile(histories.days, 1 - HELD_SHARE / 2)
    return float(np.clip(np.ceil(span), 1, MOST_DAYS))


def repeated_share(histories: Histories) -> float:
    """Return the share of events whose user had the item before, in [0, 1]."""
    cells = histories.users * histories.n_items + histories.items
    return 1 - len(np.unique(cells)) / max(len(cells), 1)


def _by_days(cut: Cut, log: Log) -> Holdout:
    last = float(log.histories.days.max())
    return after_day(log.histories, last - cut.n_days, last, repeats=cut.repeats)


def _by_last(cut: Cut, log: Log) -> Holdout:
    return last_event(log.histories, repeats=cut.repeats)


def _by_share(cut: Cut, log: Log) -> Holdout:
    return random_share(log.histories, HELD_SHARE, cut.seed, repeats=cut.repeats)


def _by_drift(cut: Cut, log: Log) -> Holdout:
    return drifting_share(log.histories, HELD_SHARE, cut.seed, repeats=cut.repeats)


def _by_sessions(cut: Cut, log: Log) -> Holdout:  # noqa: ARG001
    if log.timed:
        return newest_sessions(log.histories, SESSIONS_SHARE)
    return last_sessions(log.histories, SESSIONS_SHARE)


CUTTERS: dict[Rule, Callable[[Cut, Log], Holdout]] = {
    "days": _by_days,
    "sessions": _by_sessions,
    "last": _by_last,
    "random": _by_share,
    "drift": _by_drift,
}


def inner(log: Log, holdout: Holdout) -> Log:
    """Return the log of what was known before a hold-out: what choosing may see."""
    return replace(log, histories=holdout.known)
