"""The alerting rules that are shipped name what is exported (ops/prometheus/alerts.yml)."""

import re
from pathlib import Path

import pytest
import structlog
import yaml
from prometheus_client import CollectorRegistry

from jobs.quality_telling import BREACHED, CHECKED
from serving.recording import Recorder
from transactional.catalogue.cache.metrics import CatalogueMetrics
from web.telemetry import RequestMetrics

RULES = Path(__file__).parents[3] / "ops" / "prometheus" / "alerts.yml"
NO_METRICS = {
    "sum", "by", "rate", "increase", "time", "histogram_quantile", "le", "job", "stream", "reason",
}  # fmt: skip
DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")


def rules():
    groups = yaml.safe_load(RULES.read_text())["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    return [rule for group in groups for rule in group["rules"]]


def exported():
    registry = CollectorRegistry()
    RequestMetrics(registry)
    CatalogueMetrics(registry)
    Recorder(lambda *_: 0, registry, structlog.get_logger())
    names = {sample for family in registry.collect() for sample in _samples(family)}
    return names | {BREACHED, CHECKED}


def _samples(family):
    if family.type == "counter":
        return [f"{family.name}_total"]
    return (
        [f"{family.name}_bucket", f"{family.name}_count"]
        if family.type == "histogram"
        else [family.name]
    )


def metrics_of(expression):
    """The names of an expression that are no function, label or duration."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expression)
    return set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare)) - NO_METRICS


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_is_whole_and_asks_for_what_is_exported(rule):
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert DURATION.fullmatch(rule.get("for", "0s"))
    assert metrics_of(rule["expr"]) <= exported()
    for opening, closing in ("()", "[]", "{}"):
        assert rule["expr"].count(opening) == rule["expr"].count(closing)


def test_a_name_that_nobody_exports_would_be_found():
    assert metrics_of("rate(nonsense_total[5m]) > 0") - exported() == {"nonsense_total"}
