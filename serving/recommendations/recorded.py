"""The row that a list of recommendations leaves in the log `answers`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.live.shoppers import seen_last
from features.schemas.served_features import pack_served
from features.store.live_views import SHOPPER_RECENT
from features.store.packed import PRODUCT, Found, Numbers
from models.ids import rows_of
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from serving.answers.log import json_text, listed, question, scored
from serving.recommendations.arranging import Arranging
from serving.recommendations.case import RANKED_BY, USER_RANKED_BY, Case
from serving.recommendations.slots import Placing

PRODUCT_NAMES, USER_NAMES = ",".join(PRODUCT_COLUMNS), ",".join(USER_COLUMNS)


def row_of(arranging: Arranging, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an answer, `Recommendations` as a document."""
    case, items = arranging.case, document["items"]
    query = case.query
    asked = query.model_dump(exclude_defaults=True)
    ids = [item["product_id"] for item in items]
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
        "acts": json_text(acts(case.known)),
        "applied_rules": json_text(rules(arranging, ids)),
        **features(case, ids),
    }


def list_columns(items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the columns that tell of a list's items."""
    return {
        "product_ids": listed([item["product_id"] for item in items]),
        "scores": scored([item["score"] for item in items]),
        "sources": ",".join([item["source"] for item in items]),
        "because_ids": listed([item["because_product_id"] or 0 for item in items]),
    }


def features(case: Case, product_ids: Sequence[int]) -> dict[str, str]:
    """Return what the ranking read of the products shown and of the customer, and its times."""
    times: dict[str, float | list[float]] = dict(case.known.times)
    if case.personal is None:
        return {"feature_times": json_text(times)}
    rows = rows_of(case.personal.shortlist.item_ids, list(product_ids))
    ranked = rows >= 0
    of_products = np.where(ranked[:, None], case.known.products[rows][:, RANKED_BY], np.nan)
    if case.known.product_times is not None:
        times |= _bounds(case.known.product_times[rows[ranked]])
    return {
        "feature_times": json_text(times),
        "product_feature_names": PRODUCT_NAMES,
        "product_features": pack_served(of_products),
        "user_feature_names": USER_NAMES,
        "user_features": pack_served(case.known.user[USER_RANKED_BY]),
    }


def _bounds(times: Numbers) -> dict[str, float | list[float]]:
    known = [time for time in times.tolist() if time == time]  # noqa: PLR0124 - nan is not
    return {PRODUCT.view: [min(known), max(known)]} if known else {}


def acts(known: Found) -> dict[str, list[int]]:
    """Return the last acts of who asked, as the feature store and the live states told them."""
    told = {view: ids.tolist() for view, ids in known.user_lists.items() if len(ids)}
    live = seen_last(known.shoppers.values())
    return told | ({SHOPPER_RECENT: live} if live else {})


def rules(arranging: Arranging, product_ids: Sequence[int]) -> dict[str, Any]:
    """Return what moved the products shown: what returns and reviews leave, and operators' wishes."""
    listing = arranging.case.listing
    places = listing.places(np.array(product_ids, np.int64))
    left = arranging.verdicts.quality[places].round(4).tolist()
    told: dict[str, Any] = {} if all(ratio == 1 for ratio in left) else {"kept_ratios": left}
    if arranging.placing.rules:
        told |= {
            "slot_rules": _wishes(arranging.placing),
            "factors": arranging.placing.factors(listing, places).tolist(),
        }
    return told


def _wishes(placing: Placing) -> list[dict[str, Any]]:
    dates = {"starts_at", "ends_at"}
    return [rule.model_dump(exclude_none=True, exclude=dates) for rule in placing.rules]
