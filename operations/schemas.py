"""What the operations API takes and returns."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Reason = Annotated[Text, Field(min_length=1, max_length=500, description="for who looks later")]
Number = Annotated[str, Field(pattern="^[1-9][0-9]{0,8}$", description="of a version")]
Parameter = (
    Annotated[int, Field(ge=-(10**9), le=10**9)] | Annotated[Text, Field(max_length=200)] | None
)
ParameterName = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,60}$")]


class RequestBody(BaseModel):
    """A body: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ModelView(BaseModel):
    """A registered model; null: no version has this role."""

    name: str
    champion: Annotated[str | None, Field(description="the version that serves")]
    challenger: Annotated[str | None, Field(description="the newest that was registered")]
    previous: Annotated[str | None, Field(description="the champion before; a roll-back's goal")]


class ModelList(BaseModel):
    """All registered models, by name; `page_url` is MLflow's own page."""

    models: list[ModelView]
    page_url: str


class VersionView(BaseModel):
    """A version of a model."""

    version: str
    aliases: list[str]
    trained_up_to: Annotated[str, Field(description="the last day it was taught by")]
    gate: Annotated[str, Field(description="what the gate said")]
    promoted: Annotated[str, Field(description="why it last became champion; empty: never")]
    params: dict[str, str]
    metrics: dict[str, float]
    card: Annotated[str, Field(description="its page, in Markdown")]


class VersionPage(BaseModel):
    """Versions, the newest first, of a model; `next_cursor` is null on the last page."""

    model: ModelView
    versions: list[VersionView]
    next_cursor: str | None
    page_url: Annotated[str, Field(description="MLflow's own page of it")]


class Promotion(RequestBody):
    """Which version shall be champion, why, and which one is as far as the caller knows."""

    version: Number
    reason: Reason
    champion: Annotated[Number | None, Field(description="refused if it is another one by now")]


class RollBack(RequestBody):
    """Why the champion goes, and which one it is as far as the caller knows."""

    reason: Reason
    champion: Number


class DagRun(BaseModel):
    """A run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    kind: Annotated[str, Field(description="manual, scheduled, asset_triggered, ...")]
    queued_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    parameters: dict[str, Any]
    note: str


class DagSummary(BaseModel):
    """A DAG and its last runs, the newest first."""

    dag_id: str
    is_paused: bool
    schedule: str | None
    tags: list[str]
    runs: list[DagRun]


class DagList(BaseModel):
    """All DAGs, by id; `page_url` is Airflow's own page."""

    dags: list[DagSummary]
    page_url: str


class DagDetails(BaseModel):
    """A DAG: its page in Markdown, what it takes (JSON schemas), and its runs."""

    dag_id: str
    is_paused: bool
    schedule: str | None
    about: str
    parameters: dict[str, dict[str, Any]]
    runs: list[DagRun]
    next_cursor: str | None
    page_url: Annotated[str, Field(description="Airflow's own page of it")]


class Task(BaseModel):
    """A task of a run."""

    task_id: str
    state: str
    seconds: float | None
    n_tries: int


class RunDetails(BaseModel):
    """A run, its tasks, and the end of the log of the first task that failed."""

    run: DagRun
    tasks: list[Task]
    log: list[str]
    page_url: Annotated[str, Field(description="Airflow's own page of it")]


class RunRequest(RequestBody):
    """The parameters of a run."""

    parameters: Annotated[dict[ParameterName, Parameter], Field(max_length=20)] = {}


class ReasonCount(BaseModel):
    """How many rows were refused for a reason; a row may have several."""

    reason: str
    n_rows: int


class QuarantineDay(BaseModel):
    """A table's refused rows of a day."""

    table: str
    day: dt.date
    n_rows: int
    reasons: list[ReasonCount]


class Quarantine(BaseModel):
    """Days with refused rows, the newest first."""

    days: list[QuarantineDay]


class RefusedRow(BaseModel):
    """A row as it came, text by column, and all reasons against it."""

    reasons: list[str]
    values: dict[str, str | None]


class RefusedRows(BaseModel):
    """Refused rows; `next_cursor` is null on the last page."""

    rows: list[RefusedRow]
    next_cursor: str | None


class FindingView(BaseModel):
    """A figure of quality beside its bound."""

    alert: str
    subject: str
    model: str
    value: float
    bound: float
    is_breached: bool
    since: dt.date | None
    sentence: str


class BreachCount(BaseModel):
    """How many figures were beyond their bounds on a day."""

    day: dt.date
    n_breached: int
    n_figures: int


class QualityReport(BaseModel):
    """The newest day's figures, those beyond their bounds first; null: nothing was watched yet."""

    day: dt.date | None
    findings: list[FindingView]
    history: Annotated[list[BreachCount], Field(description="the last 28 days, the oldest first")]


class ArmResult(BaseModel):
    """What a metric of an arm came to."""

    arm: str
    metric: str
    is_control: bool
    n_units: int
    value: float | None
    value_low: float | None
    value_high: float | None
    lift_ratio: float | None
    lift_low: float | None
    lift_high: float | None
    verdict: str


class ExperimentResults(BaseModel):
    """What an experiment came to by the end of its newest day; null: nothing yet."""

    day: dt.date | None
    experiment_version: int | None
    results: list[ArmResult]


class ReportFile(BaseModel):
    """A file that a job left."""

    path: str
    n_bytes: int
    written_at: dt.datetime


class ReportGroup(BaseModel):
    """The newest files of a folder of reports."""

    name: str
    n_files: int
    files: list[ReportFile]


class ReportList(BaseModel):
    """All folders of reports, by name."""

    groups: list[ReportGroup]


class ServiceHealth(BaseModel):
    """Whether a service is ready."""

    name: str
    state: Literal["ready", "not_ready", "running", "gone"]
    detail: Annotated[str, Field(description="what is wrong; empty while nothing is")]
    milliseconds: Annotated[float | None, Field(description="that the probe took")]


class Health(BaseModel):
    """All services: those that answer, and those of this machine that only run."""

    services: list[ServiceHealth]


class Mail(BaseModel):
    """A mail that the shop sent."""

    number: int
    recipients: str
    subject: str
    body: str
    received_at: dt.datetime


class MailPage(BaseModel):
    """Mails, the newest first; `next_cursor` is null on the last page."""

    mails: list[Mail]
    next_cursor: str | None
