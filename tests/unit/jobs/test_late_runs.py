"""What operators are told of a DAG's run that is not over in time (jobs.late_runs)."""

from jobs.late_runs import late_run, tell_late
from jobs.quality_telling import event

RUN = {"dag_id": "ingest", "dag_run_id": "manual__7", "run_after": "2024-05-02T00:30:00Z"}


def test_a_run_is_told_of_once_by_its_name():
    told = event(late_run(RUN))

    assert told["event_id"] == "quality-late_run:ingest manual__7-2024-05-02"
    assert "the run manual__7 of ingest was not over in time" in told["body"]


def test_without_a_shop_nobody_is_told(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")

    tell_late({"dag_run": RUN})
