"""Cuts of histories: what a model may learn from, whom it is asked about, and what came after.

Which cut is honest depends on what the log says. Where it has times, nothing that happened after the
cut is learnt from, by anybody (`after_day`, `newest_sessions`). `last_event` is the field's custom for
purchase sequences whose times nobody kept. Sets of pairs leave two ways: `random_share`, what is
missing is like what is known, and `drifting_share`, it is less so.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.evaluation.drift import lateness
from models.ranking.asked import Asked, asked
from models.ranking.shown import KnownLists
from models.retrieval.histories import Histories, Rows

N_PREFIX_EVENTS = 50
N_THINNED_USERS = 5_000


@dataclass(frozen=True)
class Holdout:
    """One judging of recommenders.

    Parameters
    ----------
    known
        What models learn from; all users.
    users : array of shape (n,)
        Who is judged: numbers in the log that was cut, or of the prefix.
    asked : Asked, n judged users
        What is known of each of them when they are asked about.
    relevant : csr_matrix of shape (n, n_items)
        1 where what came after has the item.
    rule
        How it was cut, a sentence for people.
    lists
        What users, judged or not, were shown after the cut: a ranker may be taught by it, nothing is
        judged by it. None where nobody wrote that down.
    """

    known: Histories
    users: Rows
    asked: Asked
    relevant: csr_matrix
    rule: str
    lists: KnownLists | None = None

    def sample(self, n_users: int, seed: int) -> "Holdout":
        """Return the same with at most so many judged users, drawn by `seed`."""
        if len(self.asked) <= n_users:
            return self
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(self.asked), n_users, replace=False))
        return replace(
            self,
            users=self.users[chosen],
            asked=self.asked.part(chosen),
            relevant=self.relevant[chosen],
        )


def holdout(known: Histories, later: Histories, *, repeats: bool, rule: str) -> Holdout:
    """Judge by what the same users did later; only who has a history and something to find.

    Parameters
    ----------
    repeats
        Whether an item of the history may be returned, and counts if it comes again.
    """
    relevant = _flags(later)
    history = _flags(known)
    if not repeats:
        relevant = relevant - relevant.multiply(history)
        relevant.eliminate_zeros()
    judged = np.nonzero((np.diff(relevant.indptr) > 0) & (known.lengths > 0))[0]
    seen = csr_matrix((len(judged), known.n_items), dtype=np.float32)
    return Holdout(
        known=known,
        users=judged,
        asked=asked(known.part(judged), seen if repeats else history[judged]),
        relevant=relevant.tocsr()[judged],
        rule=rule,
    )


def random_share(histories: Histories, share: float, seed: int, *, repeats: bool) -> Holdout:
    """Hold back this share of each user's events, rounded, drawn at random; 0 of a single one.

    Of many users, `N_THINNED_USERS` are drawn, and all others stay whole: what is best for a log of
    which a fifth is missing is not what is best for the log.
    """
    rng = np.random.default_rng(seed)
    drawn = _drawn_users(histories, rng)
    held = _first_of_users(histories, rng.random(len(histories.items)), share, drawn)
    rule = f"{share:.0%} of the events of {int(drawn.sum()):,} users, at random"
    return holdout(histories.kept(~held), histories.kept(held), repeats=repeats, rule=rule)


def drifting_share(histories: Histories, share: float, seed: int, *, repeats: bool) -> Holdout:
    """Hold back this share of each user's events, those latest in a drift (`models.evaluation.drift`).

    Users as in `random_share`.
    """
    rng = np.random.default_rng(seed)
    drawn = _drawn_users(histories, rng)
    keys = np.zeros(len(histories.items))
    keys[drawn[histories.users]] = -lateness(histories, np.nonzero(drawn)[0], rng)
    held = _first_of_users(histories, keys, share, drawn)
    rule = f"{share:.0%} of the events of {int(drawn.sum()):,} users, as tastes drift"
    return holdout(histories.kept(~held), histories.kept(held), repeats=repeats, rule=rule)


def _drawn_users(histories: Histories, rng: np.random.Generator) -> NDArray[np.bool_]:
    return np.asarray(rng.permutation(len(histories)) < N_THINNED_USERS)


def _first_of_users(
    histories: Histories, keys: NDArray[np.float64], share: float, drawn: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which events are the share of the least keys of a drawn user, who keeps at least one."""
    order = np.lexsort((keys, histories.users))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - np.repeat(histories.starts[:-1], histories.lengths)
    n_held = drawn * np.minimum(np.round(share * histories.lengths), histories.lengths - 1)
    return np.asarray(place < np.repeat(n_held, histories.lengths))


def last_event(histories: Histories, *, repeats: bool) -> Holdout:
    """Hold back each user's last event; nothing of whoever has only one."""
    held = (histories.n_later == 0) & (np.repeat(histories.lengths, histories.lengths) > 1)
    return holdout(
        histories.kept(~held),
        histories.kept(held),
        repeats=repeats,
        rule="each user's last event",
    )


def after_day(histories: Histories, day: float, last_day: float, *, repeats: bool) -> Holdout:
    """Hold back what happened in the days (`day`, `last_day`]; what came later still is left out."""
    before = histories.days <= day
    later = ~before & (histories.days <= last_day)
    rule = f"the {last_day - day:.3g} days after day {day:.6g}"
    return holdout(histories.kept(before), histories.kept(later), repeats=repeats, rule=rule)


def sessions_out(histories: Histories, held: NDArray[np.bool_], rule: str) -> Holdout:
    """Hold back whole sessions, flagged; each of their prefixes is asked for the event after it."""
    prefixes, targets = prefixes_of(histories.part(np.nonzero(held)[0]))
    return next_events(histories.part(np.nonzero(~held)[0]), prefixes, targets, rule)


def newest_sessions(histories: Histories, share: float) -> Holdout:
    """Hold back the share of sessions that began last; those under way at the cut are left out."""
    some = histories.part(np.nonzero(histories.lengths > 0)[0])
    began, ended = some.days[some.starts[:-1]], some.days[some.starts[1:] - 1]
    cut = np.quantile(began, 1 - share)
    rule = f"the newest {share:.0%} of the sessions, each prefix"
    whole = (ended <= cut) | (began > cut)
    return sessions_out(some.part(np.nonzero(whole)[0]), began[whole] > cut, rule)


def last_sessions(histories: Histories, share: float) -> Holdout:
    """Hold back the share of sessions that stand last: the newest, where they are numbered in time.

    For logs without times. Drawn at random, sessions would be held back whose like, of the same
    hour, stays: much easier to foresee than what comes next.
    """
    held = np.arange(len(histories)) >= (1 - share) * len(histories)
    return sessions_out(histories, held, f"the last {share:.0%} of the sessions, each prefix")


def next_events(known: Histories, prefixes: Histories, targets: Rows, rule: str) -> Holdout:
    """Judge by the one event that followed each prefix; what the prefix has may come again.

    Whose target is -1, an item that nobody knows, is judged too: nothing can be found for them.
    """
    n = len(prefixes)
    # One column more than there are items holds what nobody knows.
    columns = np.where(targets < 0, known.n_items, targets)
    cells = (np.ones(n, np.float32), (np.arange(n), columns))
    relevant = csr_matrix(cells, shape=(n, known.n_items + 1))
    nothing = csr_matrix((n, known.n_items), dtype=np.float32)
    return Holdout(known, np.arange(n), asked(prefixes, nothing), relevant, rule)


def prefixes_of(histories: Histories) -> tuple[Histories, Rows]:
    """Return every history's beginnings, at least one event long, and the item after each.

    Of a long beginning the last `N_PREFIX_EVENTS` are returned.
    """
    place = np.arange(len(histories.items)) - np.repeat(histories.starts[:-1], histories.lengths)
    ends = np.nonzero(place > 0)[0]
    lengths = np.minimum(place[ends], N_PREFIX_EVENTS)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    n_events = int(starts[-1])
    events = np.repeat(ends - lengths - starts[:-1], lengths) + np.arange(n_events)
    prefixes = Histories(
        starts=starts,
        items=histories.items[events],
        weights=histories.weights[events],
        days=histories.days[events],
        n_items=histories.n_items,
    )
    return prefixes, histories.items[ends]


def _flags(histories: Histories) -> csr_matrix:
    flags = histories.matrix()
    flags.data[:] = 1
    return flags
