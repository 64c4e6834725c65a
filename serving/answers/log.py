"""Giving answers their ids, and leaving a row of each."""

import datetime as dt
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import orjson

from features.schemas.logs import Answer
from serving.answers.ids import N_RANDOM_BITS, answer_id

STREAM = Answer.table
MAX_QUERY = 4_000
N_ACTS = 40
BITS = random.Random()  # noqa: S311 - ids have to differ; who may read an answer is checked
os.register_at_fork(after_in_child=BITS.seed)

Record = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class AnswerLog:
    """Leaves a row of the log `answers` for each answer of one request's service.

    Parameters
    ----------
    record
        Takes a stream's name and a row, and does not wait.
    index_name
        The version of the index that answers.
    also
        Columns that experiments have a say in, in the place of what the endpoint leaves.
    """

    record: Record
    index_name: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)

    def leave(self, now: dt.datetime, started: float, row: Mapping[str, Any]) -> str:
        """Leave the row of an answer given now, and return the answer's id.

        Parameters
        ----------
        started
            What `perf_counter` said when the question came.
        row
            The columns that are the endpoint's own; those that it has not are empty.
        """
        id_, at = answer_id(now, BITS.getrandbits(N_RANDOM_BITS)), now.isoformat()
        duration = int(1e6 * (perf_counter() - started))
        whole = {
            **EMPTY,
            **row,
            **self.also,
            "event_id": id_,
            "occurred_at": at,
            "recorded_at": at,
            "index_name": self.index_name,
            "duration_microseconds": duration,
        }
        self.record(STREAM, whole)
        return id_


EMPTY: Mapping[str, str | None] = {
    "kind": None,
    "slot": None,
    "query": "{}",
    "customer_id": None,
    "visitor_id": None,
    "session_id": None,
    "product_ids": "",
    "scores": "",
    "sources": "",
    "because_ids": "",
    "model_version": None,
    "search_order": None,
    "feature_times": "{}",
    "product_feature_names": "",
    "product_features": "",
    "user_feature_names": "",
    "user_features": "",
    "acts": "{}",
    "applied_rules": "{}",
    "experiments": "[]",
}


def unrecorded(_: str, __: Mapping[str, Any]) -> None:
    """Keep nothing."""


UNRECORDED = AnswerLog(unrecorded)
"""For services whose answers nobody has to explain."""


def json_text(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a column that holds JSON."""
    return orjson.dumps(value).decode()


def question(asked: Mapping[str, Any]) -> str:
    """Return what was asked for as a column; of what is too long, the short parts."""
    text = json_text(asked)
    if len(text) <= MAX_QUERY:
        return text
    short = {
        name: value for name, value in asked.items() if len(json_text(value)) <= MAX_QUERY // 8
    }
    return json_text({**short, "left_out": sorted(set(asked) - set(short))})


def acts(viewed: Sequence[int], bought: Sequence[int]) -> str:
    """Return what somebody looked at and bought last, the latest first, as a column."""
    told = {"viewed": [*viewed[:N_ACTS]], "bought": [*bought[:N_ACTS]]}
    return json_text({name: ids for name, ids in told.items() if ids})


def listed(values: list[int]) -> str:
    """Return whole numbers as a column."""
    return ",".join(map(str, values))


def scored(values: list[float]) -> str:
    """Return scores as a column, to seven digits."""
    return ",".join([f"{value:.7g}" for value in values])
