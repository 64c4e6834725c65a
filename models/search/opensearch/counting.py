"""Counts of facets by OpenSearch: what `models.search.facets` counts with Tantivy."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from models.search.facets import (
    ALL,
    N_COUNTED,
    UNFILTERED,
    FacetCounts,
    Value,
    by_filters,
    counts_of,
    fields_counted,
    shown,
)
from models.search.opensearch.query import build, build_partial, or_pinned
from models.search.query import Part, Search

Ask = Callable[[Sequence[dict[str, Any]]], list[Any]]
"""Sends bodies of searches together and returns their answers."""
ENOUGH = "enough"


def facet_counts(
    ask: Ask,
    search: Search,
    parts: Sequence[Part],
    n_enough: int,
    wanted: Collection[str] = ALL,
) -> FacetCounts:
    """Count what has enough of the parts; where nothing has, what has some of the words."""
    groups = by_filters(search, wanted, n_enough)
    answers = _answers(ask, groups, parts, build)
    lacking = [each for each, answer in answers.items() if parts and not _has_any(answer)]
    answers |= _answers(ask, {each: groups[each] for each in lacking}, parts, build_partial)
    counts: dict[str, Counter[Value]] = {name: Counter() for name in UNFILTERED}
    for each, names in groups.items():
        counted = {field: _counted(answers[each], field) for field in fields_counted(names)}
        counts |= {name: counts_of(counted, name) for name in names}
    return shown(counts)


def _answers(
    ask: Ask,
    groups: dict[Search, list[str]],
    parts: Sequence[Part],
    built: Callable[[Search, Sequence[Part]], dict[str, Any]],
) -> dict[Search, Any]:
    if not groups:
        return {}
    bodies = [_body(each, built(each, parts), names) for each, names in groups.items()]
    return dict(zip(groups, ask(bodies), strict=True))


def _body(search: Search, query: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    terms = {
        field: {"terms": {"field": field, "size": N_COUNTED}} for field in fields_counted(names)
    }
    return {
        "size": 0,
        "track_total_hits": False,
        "query": or_pinned(search, query),
        "aggs": terms | {ENOUGH: {"filter": query}},
    }


def _has_any(answer: Any) -> bool:  # noqa: ANN401 - JSON
    return bool(answer["aggregations"][ENOUGH]["doc_count"])


def _counted(answer: Any, field: str) -> Counter[Value]:  # noqa: ANN401 - JSON
    buckets = answer["aggregations"][field]["buckets"]
    return Counter({each["key"]: each["doc_count"] for each in buckets})
