"""What an experiment is: the one message about it between the shop, serving and the jobs."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.schemas.periods import End, Start, check_period, holds
from features.schemas.slots import Slot

EXPERIMENTS_KEY = "experiments:running"
"""Where in Redis running experiments lie: a hash, name -> JSON list of one `Experiment`."""

EXPOSURES_STREAM = "exposures"
"""Where serving tells who was shown what: a stream, field `body`, a row of `exposures` without `date`."""

WHOLE = 10_000
"""Basis points of everybody."""

Surface = Literal[
    "for_you", "for_session", "for_cart", "also_bought", "bought_together", "similar", "trending",
    "recently_viewed", "trending_now", "search",
]  # fmt: skip
Model = Literal["champion", "challenger", "popular"]
SearchOrder = Literal["formula", "learned"]
Unit = Literal["customer", "visitor"]
Metric = Literal[
    "ctr", "conversion_ratio", "orders_per_unit", "revenue_per_unit_cents", "return_ratio",
    "latency_mean_ms", "latency_p95_ms",
]  # fmt: skip

ExperimentName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,39}$")]
BasisPoints = Annotated[int, Field(ge=1, le=WHOLE)]
LOWER_IS_BETTER: frozenset[Metric] = frozenset(
    ("return_ratio", "latency_mean_ms", "latency_p95_ms")
)
DEFAULT_METRICS: list[Metric] = ["ctr", "conversion_ratio", "revenue_per_unit_cents"]


WAYS = ("model", "search_order", "personal")


class Treatment(BaseModel):
    """What is done otherwise; null is as without the experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: Annotated[
        Model | None,
        Field(description="of recommendations; `popular` does without: trending, then popular"),
    ] = None
    search_order: Annotated[
        SearchOrder | None,
        Field(description="of searches; `learned` is the published one, if there is one"),
    ] = None
    personal: Annotated[
        bool | None, Field(description="whether lists and searches know who asks")
    ] = None

    def changed(self) -> set[str]:
        """Return the names of what is done otherwise."""
        return {name for name in WAYS if getattr(self, name) is not None}


class Arm(Treatment):
    """A way to serve, and whose share it is. `beside` makes both ways one list, interleaved."""

    name: ExperimentName
    share_basis_points: Annotated[BasisPoints, Field(description="of the experiment's units")]
    beside: Annotated[
        Treatment | None, Field(description="a second way: each answer is a draft of both")
    ] = None


class Guardrail(BaseModel):
    """A metric that may get worse than control's by so much and no more; an arm that breaks it is stopped."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    metric: Metric
    direction: Annotated[Literal["fall", "rise"], Field(description="which way is harm")]
    worst_ratio: Annotated[
        float, Field(ge=0, le=10, description="of control's value, that it may get worse by")
    ] = 0.0


class Design(BaseModel):
    """What an experiment does; the first arm is the control that others are held against."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    surfaces: Annotated[list[Surface], Field(min_length=1, max_length=10)]
    slots: Annotated[
        list[Slot], Field(max_length=20, description="only there; empty: everywhere")
    ] = []
    unit: Annotated[
        Unit,
        Field(
            description="customer: by customer_id, else visitor_id, else session_id; visitor: a browser,"
            " who logs in stays where they were"
        ),
    ] = "customer"
    arms: Annotated[list[Arm], Field(min_length=2, max_length=5)]
    metrics: Annotated[list[Metric], Field(min_length=1, max_length=7)] = DEFAULT_METRICS
    guardrails: Annotated[list[Guardrail], Field(max_length=7)] = []
    n_planned: Annotated[
        int, Field(ge=200, le=10**9, description="units for which the bounds are narrowest")
    ] = 20_000

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("two arms have one name")
        if sum(arm.share_basis_points for arm in self.arms) != WHOLE:
            raise ValueError(f"the arms' shares do not add up to {WHOLE} basis points")
        metrics = [guardrail.metric for guardrail in self.guardrails]
        if len(set(metrics)) < len(metrics):
            raise ValueError("two guardrails are of one metric")
        for arm in self.arms:
            self._check(arm)
        return self

    def _check(self, arm: Arm) -> None:
        changed = arm.changed() | (arm.beside.changed() if arm.beside else set())
        if "search_order" in changed and "search" not in self.surfaces:
            raise ValueError("search_order is for the surface search")
        if "model" in changed and set(self.surfaces) == {"search"}:
            raise ValueError("model is for surfaces of recommendations")
        if arm.beside is None:
            return
        if not arm.beside.changed():
            raise ValueError("beside says in what the second list differs")
        if "search" in self.surfaces and len(self.surfaces) > 1:
            raise ValueError("interleave searches in an experiment of their own")
        if "search" in self.surfaces and changed != {"search_order"}:
            raise ValueError("searches are interleaved by search_order alone")

    def changed(self) -> set[str]:
        """Return the names of what any arm does otherwise."""
        ways = [*self.arms, *(arm.beside for arm in self.arms if arm.beside)]
        return {name for way in ways for name in way.changed()}

    @property
    def control(self) -> Arm:
        """The arm that the others are held against."""
        return self.arms[0]


class Experiment(Design):
    """An experiment as it runs.

    Of its layer's buckets, into which everybody is put by a hash, it has `n_buckets` from `first_bucket`
    on; experiments of one layer have no bucket in common. `experiment_version` counts up each time
    its units are put into arms anew. Units of `stopped_arms` are served as without the experiment.
    """

    name: ExperimentName
    experiment_version: Annotated[int, Field(ge=1)]
    layer: ExperimentName
    first_bucket: Annotated[int, Field(ge=0, lt=WHOLE)] = 0
    n_buckets: Annotated[int, Field(ge=1, le=WHOLE)] = WHOLE
    stopped_arms: Annotated[dict[str, str], Field(description="arm -> why")] = {}
    starts_at: Start = None
    ends_at: End = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_period(self.starts_at, self.ends_at)
        return self

    def holds(self, now: dt.datetime) -> bool:
        """Return whether it runs."""
        return holds(self.starts_at, self.ends_at, now)
