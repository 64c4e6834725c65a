"""The row that a page of products leaves in the log `answers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from features.schemas.served_features import pack_served
from models.search.index import Found
from models.search.query import Search
from models.search.signals import NAMES, Signals
from serving.answers.log import acts, listed, question, scored
from serving.search.personal import Manner

FEATURES = (*NAMES, "in_stock")
FEATURE_NAMES = ",".join(FEATURES)
N_TOLD_RULES = 200


@dataclass(frozen=True)
class Asked:
    """A request as it came: where, and with which parameters."""

    endpoint: Literal["search", "category"]
    parameters: Mapping[str, Any]
    cursor: str | None
    limit: int


def row_asked(asked: Asked, manner: Manner) -> dict[str, Any]:
    """Return the columns of a page's row that say who asked for what."""
    parameters = asked.parameters
    return {
        "endpoint": asked.endpoint,
        "query": question(parameters),
        "customer_id": parameters.get("customer_id"),
        "visitor_id": parameters.get("visitor_id"),
        "session_id": parameters.get("session_id"),
        "acts": acts_of(manner),
    }


def row_found(search: Search, found: Found, signals: Signals) -> dict[str, str]:
    """Return the columns of a page's row that say what was found, the same whoever asks."""
    ids = [document["product_id"] for document in found.documents]
    return {
        "product_ids": listed(ids),
        "scores": scored(found.scores),
        **features(search, ids, signals),
    }


def features(search: Search, product_ids: list[int], signals: Signals) -> dict[str, str]:
    """Return what the second stage reads of the products; nothing where there is none."""
    if search.sort != "relevance" or not search.text.strip():
        return {}
    at = signals.places(np.array(product_ids, np.int64))
    rows = np.column_stack([signals.lifts[at], signals.in_stock[at]])
    return {"product_feature_names": FEATURE_NAMES, "product_features": pack_served(rows)}


def acts_of(manner: Manner) -> str:
    """Return what who searches did last, where it counted."""
    if manner.personal is None:
        return acts((), ())
    return acts(manner.personal.acts.looked_at, manner.personal.acts.bought)


def rules(found: Found, redirect_url: str | None) -> dict[str, Any]:
    """Return what made the page what it is, beside the order."""
    told = {
        "engine": found.engine,
        "n_total": found.n_total,
        "start": found.start,
        "search_rules": list(found.applied_rules)[:N_TOLD_RULES],
        "redirect_url": redirect_url,
        "corrections": dict(found.corrections),
        "dropped": list(found.dropped),
    }
    return {name: value for name, value in told.items() if value not in (None, [], {})}
