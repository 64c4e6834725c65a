"""What the endpoints of experiments take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from features.schemas.experiments import WHOLE, Arm, BasisPoints, Design, ExperimentName
from transactional.fields import RequestBody, Text
from transactional.rules.states import End, Note, Start

State = Literal["draft", "running", "stopped", "ended"]
Traffic = Annotated[
    BasisPoints, Field(description="of the layer's units that are in the experiment at all")
]
Reason = Annotated[Text, Field(min_length=1, max_length=500, description="for who looks later")]
HALVES = [Arm(name=name, share_basis_points=WHOLE // 2) for name in ("control", "other")]
LEFT_OUT = Design(surfaces=["for_you"], arms=HALVES)
"""Stands where a change says nothing of the design."""


class NewExperiment(RequestBody):
    """A draft: nobody is in it until it is started."""

    name: ExperimentName
    layer: ExperimentName = "main"
    traffic_basis_points: Traffic = WHOLE
    design: Design
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""


class ExperimentChange(RequestBody):
    """What to change; what is left out stays, and null takes a date away.

    Of what runs only `ends_at` and `note`: all else would move units between arms.
    """

    layer: ExperimentName = "main"
    traffic_basis_points: Traffic = WHOLE
    design: Annotated[Design, Field(default_factory=lambda: LEFT_OUT)]
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""


class Stop(RequestBody):
    """Why something ends before its time."""

    reason: Reason


class ExperimentView(BaseModel):
    """An experiment, and who made and last changed it (customer ids)."""

    name: str
    experiment_version: Annotated[
        int, Field(description="counts up when units are put into arms anew")
    ]
    layer: str
    traffic_basis_points: int
    design: Design
    state: State
    reason: Annotated[str | None, Field(description="why it was stopped")]
    stopped_arms: Annotated[dict[str, str], Field(description="arm -> why")]
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    note: str
    version: Annotated[int, Field(description="for If-Match; the answer's ETag")]
    created_by: int
    created_at: dt.datetime
    changed_by: int
    changed_at: dt.datetime


class ExperimentPage(BaseModel):
    """Experiments, by name; `next_cursor` is null on the last page."""

    experiments: list[ExperimentView]
    next_cursor: str | None
