"""Running experiments in Redis: name -> JSON list of one."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from features.schemas.experiments import EXPERIMENTS_KEY, Experiment
from transactional.rules.publishing import Told, json_lists

FORM = TypeAdapter(list[Experiment])
NOT_OVER = text("""
select name, experiment_version, layer, design, first_bucket, traffic_basis_points as n_buckets,
       stopped_arms, starts_at, ends_at
from experiments where state = 'running' and (ends_at is null or ends_at > :now)
order by name collate "C"
""")


def experiment_of(row: Row[Any]) -> Experiment:
    """Return what serving shall know of a row."""
    names = Experiment.model_fields.keys() & row._mapping.keys()  # noqa: SLF001 - its public way to names
    return Experiment(**row.design, **{name: getattr(row, name) for name in names})


def experiment_messages(rows: Iterable[Row[Any]]) -> dict[str, str]:
    """Return the hash's fields: name -> JSON list of the experiment."""
    return json_lists(((row.name, experiment_of(row)) for row in rows), FORM)


EXPERIMENTS = Told("experiments", EXPERIMENTS_KEY, NOT_OVER, experiment_messages)
