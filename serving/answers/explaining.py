"""From an answer's row in the log to what is told of it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from features.schemas.served_features import Served, split, unpack_served
from serving.answers.schemas import AnsweredProduct, ExplainedAnswer, FeatureTime

OF_PRODUCTS = ("kept_ratios", "factors")
"""Rules that are told with each product."""
PLAIN = (
    "endpoint", "kind", "slot", "customer_id", "visitor_id", "session_id", "model_version",
    "search_order", "index_name", "index_date", "duration_microseconds",
)  # fmt: skip


def explained(row: Mapping[str, Any], found_in: str) -> ExplainedAnswer:
    """Return what is told of an answer; numbers of a row of `raw` are text, and are read as such."""
    rules = orjson.loads(row["applied_rules"])
    return ExplainedAnswer(
        answer_id=row["event_id"],
        answered_at=row["occurred_at"],
        query=orjson.loads(row["query"]),
        products=products(row, rules),
        user_features=user_features(row),
        feature_times=feature_times(orjson.loads(row["feature_times"])),
        acts=orjson.loads(row["acts"]),
        rules={name: value for name, value in rules.items() if name not in OF_PRODUCTS},
        experiments=orjson.loads(row["experiments"]),
        found_in=found_in,
        **{name: row.get(name) for name in PLAIN},
    )


def products(row: Mapping[str, Any], rules: Mapping[str, Any]) -> list[AnsweredProduct]:
    """Return the products of an answer in the order they were shown in."""
    ids = [int(each) for each in split(row["product_ids"])]
    names = split(row["product_feature_names"])
    served = unpack_served(row["product_features"], names)
    columns = {
        "score": [float(each) for each in split(row["scores"])],
        "source": split(row["sources"]),
        "because_product_id": [int(each) or None for each in split(row["because_ids"])],
        "kept_ratio": rules.get("kept_ratios", []),
        "factor": rules.get("factors", []),
        "features": [by_name(names, each) for each in served],
    }
    return [
        AnsweredProduct(
            product_id=product_id,
            rank=place + 1,
            **{name: values[place] if values else None for name, values in columns.items()},
        )
        for place, product_id in enumerate(ids)
    ]


def by_name(names: list[str], values: Served) -> dict[str, float | None] | None:
    """Return features by name; None if none is known."""
    if np.isnan(values).all():
        return None
    told = values.tolist()
    return {name: None if each != each else each for name, each in zip(names, told, strict=True)}  # noqa: PLR0124


def user_features(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the customer's features; none where the ranking read none."""
    names = split(row["user_feature_names"])
    [values] = unpack_served(row["user_features"], names) if names else [np.empty(0, np.float32)]
    return by_name(names, values) or {} if names else {}


def feature_times(times: Mapping[str, float | list[float]]) -> list[FeatureTime]:
    """Return the times of views, by their names."""
    bounds = {view: at if isinstance(at, list) else [at, at] for view, at in times.items()}
    return [
        FeatureTime(view=view, earliest=_moment(first), latest=_moment(last))
        for view, (first, last) in sorted(bounds.items())
    ]


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
