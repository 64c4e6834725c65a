"""The row that a list of recommendations leaves in the log `answers`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.schemas.served_features import pack_served
from features.store.packed import PRODUCT, Ids, Numbers
from models.ids import rows_of
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from serving.answers.log import acts, json_text, listed, question, scored
from serving.recommendations.arranging import Arranging
from serving.recommendations.case import RANKED_BY, USER_RANKED_BY, Case
from serving.recommendations.slots import Placing

PRODUCT_NAMES, USER_NAMES = ",".join(PRODUCT_COLUMNS), ",".join(USER_COLUMNS)
# Arrays: a list of places would be made into one for each answer.
RANKED_COLUMNS, USER_RANKED_COLUMNS = np.array(RANKED_BY), np.array(USER_RANKED_BY)


def row_of(arranging: Arranging, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an answer, `Recommendations` as a document."""
    case, items = arranging.case, document["items"]
    query = case.query
    asked = query.model_dump(exclude_defaults=True)
    shown = np.array([item["product_id"] for item in items], np.int64)
    return list_columns(items) | {
        "endpoint": "recommendations",
        "kind": query.type,
        "slot": query.slot,
        "query": question(asked),
        "customer_id": query.customer_id,
        "visitor_id": asked.get("visitor_id"),
        "session_id": asked.get("session_id"),
        "model_version": document["model_version"],
        "index_date": document["index_date"],
        "acts": acts(case.viewed, case.bought.tolist()),
        "applied_rules": json_text(rules(arranging, shown)),
        **features(case, shown),
    }


def list_columns(items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the columns that tell of a list's items."""
    return {
        "product_ids": listed([item["product_id"] for item in items]),
        "scores": scored([item["score"] for item in items]),
        "sources": ",".join([item["source"] for item in items]),
        "because_ids": listed([item["because_product_id"] or 0 for item in items]),
    }


def features(case: Case, shown: Ids) -> dict[str, str]:
    """Return what the ranking read of the products shown and of the customer, and its times."""
    times: dict[str, float | list[float]] = dict(case.known.times)
    if case.personal is None:
        return {"feature_times": json_text(times)}
    rows = rows_of(case.personal.shortlist.item_ids, shown)
    of_products = case.known.products.take(rows, axis=0).take(RANKED_COLUMNS, axis=1)
    of_products[rows < 0] = np.nan
    if case.known.product_times is not None:
        times |= _bounds(case.known.product_times[rows[rows >= 0]])
    return {
        "feature_times": json_text(times),
        "product_feature_names": PRODUCT_NAMES,
        "product_features": pack_served(of_products),
        "user_feature_names": USER_NAMES,
        "user_features": pack_served(case.known.user.take(USER_RANKED_COLUMNS)),
    }


def _bounds(times: Numbers) -> dict[str, float | list[float]]:
    known = [time for time in times.tolist() if time == time]  # noqa: PLR0124 - nan is not
    return {PRODUCT.view: [min(known), max(known)]} if known else {}


def rules(arranging: Arranging, shown: Ids) -> dict[str, Any]:
    """Return what moved the products shown: what returns and reviews leave, and operators' wishes."""
    listing = arranging.case.listing
    places = np.searchsorted(listing.product_ids, shown)  # all that is shown is listed
    left = arranging.verdicts.quality[places].tolist()
    told: dict[str, Any] = {}
    if any(ratio != 1 for ratio in left):
        told = {"kept_ratios": [round(ratio, 4) for ratio in left]}
    if arranging.placing.rules:
        told |= {
            "slot_rules": _wishes(arranging.placing),
            "factors": arranging.placing.factors(listing, places).tolist(),
        }
    return told


def _wishes(placing: Placing) -> list[dict[str, Any]]:
    dates = {"starts_at", "ends_at"}
    return [rule.model_dump(exclude_none=True, exclude=dates) for rule in placing.rules]
