"""A page of products as it is sent: plain values, for a hundred objects a page would cost as much as a small search."""

from collections.abc import Mapping
from typing import Any

import orjson

from models.search.index import Found
from serving.search.schemas import Product, in_text

FIELDS = tuple(Product.model_fields)
NO_EXPERIMENTS: list[Any] = []


def page_of(found: Found) -> dict[str, Any]:
    """Return what `schemas.ProductPage` says of finds alone."""
    n_products = len(found.documents)
    return {
        "products": [product_of(document) for document in found.documents],
        "n_total": found.n_total,
        "partial_from": found.n_full if found.n_full < n_products else None,
        "corrections": dict(found.corrections),
        "dropped": list(found.dropped),
        "facets": facets_of(found),
        "engine": found.engine,
        "applied_rules": list(found.applied_rules),
        "experiments": NO_EXPERIMENTS,
    }


def product_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `schemas.Product` shows of a document of the index."""
    attributes = in_text(orjson.loads(document["attributes"]))
    return {name: document[name] for name in FIELDS} | {"attributes": attributes}


def facets_of(found: Found) -> dict[str, Any]:
    """Return counts as `schemas.Facets` has them."""
    facets, values = found.facets, found.facets.values
    return {
        "categories": [{"category_id": v, "n_products": n} for v, n in values["category"]],
        "levels": [{"path": v, "n_products": n} for v, n in values["level"]],
        "brands": [{"brand": v, "n_products": n} for v, n in values["brand"]],
        "sellers": [{"seller_id": v, "n_products": n} for v, n in values["seller"]],
        "stock": [{"in_stock": bool(v), "n_products": n} for v, n in values["in_stock"]],
        "stars": [{"min_stars": stars, "n_products": n} for stars, n in facets.stars],
        "prices": [
            {
                "from_cents": band.from_cents,
                "below_cents": band.below_cents,
                "n_products": band.n_products,
            }
            for band in facets.prices
        ],
        "attributes": [
            {"name": name, "values": [{"value": str(v), "n_products": n} for v, n in of_name]}
            for name, of_name in facets.attributes.items()
        ],
    }
