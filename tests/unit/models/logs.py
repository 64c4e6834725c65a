"""Histories drawn as tables, and a model that knows nothing of them."""

from dataclasses import dataclass

import numpy as np

from models.retrieval.histories import Histories, histories


def drawn(*lines, n_items=None):
    """Draw one user a line: items by number, oldest first, e.g. "0 1 2"; days are their places."""
    rows = [[int(item) for item in line.split()] for line in lines]
    users = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    items = np.array([item for row in rows for item in row], np.int64)
    days = np.array([day for row in rows for day in range(len(row))], float)
    size = n_items or int(items.max(initial=0)) + 1
    return histories(users, items, np.ones(len(items), np.float32), days, (len(rows), size))


def rows_of(made):
    """Return histories as lists of items."""
    return [made.items[start:end].tolist() for start, end in zip(made.starts, made.starts[1:])]  # noqa: B905


def cells_of(matrix):
    """Return each row's columns that are not zero."""
    return [sorted(matrix[row].indices.tolist()) for row in range(matrix.shape[0])]


def of_matrix(matrix):
    """Return users who did what a matrix says, item by item, all on day 0."""
    users, items = matrix.nonzero()
    weights = np.asarray(matrix[users, items], np.float32).ravel()
    return histories(users, items, weights, np.zeros(len(users)), matrix.shape)


def of_lists(rows, n_items, weights=None, ends=None):
    """Draw one user a list of items, oldest first; all on day 0, or on the days that `ends` says."""
    lengths = [len(row) for row in rows]
    items = [item for row in rows for item in row]
    return Histories(
        starts=np.cumsum([0, *lengths]),
        items=np.array(items, np.int64),
        weights=np.array(weights or [1] * len(items), np.float32),
        days=np.repeat(np.array(ends or [0] * len(rows), float), lengths),
        n_items=n_items,
    )


@dataclass
class FixedScores:
    """A model that gives everybody the same row."""

    row: tuple

    def fit(self, histories, items):
        return self

    def score(self, histories):
        return np.tile(np.array(self.row, np.float32), (len(histories), 1))
