"""Telling what is wrong: figures for Prometheus, and events that the shop's worker mails to operators."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg2
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

TOPIC = "quality_alerts"
LABELS = ("alert", "subject", "model")
VALUE = "emporium_quality_value"
BOUND = "emporium_quality_bound"
BREACHED = "emporium_quality_breached"
CHECKED = "emporium_quality_checked_timestamp_seconds"
# An alert that goes on for days has one event: its id is that of the first of these days.
TELL = """
insert into outbox (event_id, topic, key, body) values (%(event_id)s, %(topic)s, %(key)s, %(body)s)
on conflict (event_id) do nothing
"""


def write_metrics(folder: Path, findings: Iterable[Mapping[str, Any]], day: dt.date) -> None:
    """Write rows of the table `QualityFinding` for the textfile collector, at once."""
    registry = CollectorRegistry()
    gauges = {
        "value": Gauge(VALUE, "What was measured", LABELS, registry=registry),
        "bound": Gauge(BOUND, "Above which it is breached", LABELS, registry=registry),
        "is_breached": Gauge(BREACHED, "Whether it is: 1 or 0", LABELS, registry=registry),
    }
    for row in findings:
        for name, gauge in gauges.items():
            gauge.labels(*(row[label] for label in LABELS)).set(float(row[name]))
    end = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1)
    checked = Gauge(CHECKED, "End of the day that was last checked", registry=registry)
    checked.set(end.timestamp())
    folder.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(folder / "watch_quality.prom"), registry)


def tell_operators(dsn: str, findings: Iterable[Mapping[str, Any]]) -> int:
    """Leave an event in the shop's outbox for each breach; return how many are new."""
    n_new = 0
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        for row in findings:
            cursor.execute(TELL, event(row))
            n_new += cursor.rowcount
    return n_new


def event(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the event of a breached row of the table `QualityFinding`."""
    key = f"{row['alert']}:{row['subject']}"
    body = {
        "customer_id": None,  # for the operators
        "alert": row["alert"],
        "subject": row["subject"],
        "sentence": row["sentence"],
        "since": str(row["since"]),
    }
    event_id = f"quality-{key}-{row['since']}"
    return {"event_id": event_id, "topic": TOPIC, "key": key, "body": json.dumps(body)}
