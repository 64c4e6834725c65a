"""The rules by which operators run experiments."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.schemas.experiments import Design
from transactional.errors import StaleVersionProblem
from transactional.experiments.layers import decided_twice, first_free, largest_free
from transactional.experiments.models import ExperimentRow
from transactional.experiments.problems import (
    CollisionProblem,
    ControlStaysProblem,
    ExperimentExistsProblem,
    LayerFullProblem,
    NoDraftProblem,
    NoExperimentProblem,
    NotRunningProblem,
    UnknownArmProblem,
    UnknownExperimentProblem,
)
from transactional.experiments.repository import ExperimentRepository
from transactional.experiments.schemas import State
from transactional.orders.keys import KeyReusedProblem
from transactional.rules.states import made_by

WHILE_RUNNING = {"ends_at", "note"}


@dataclass(frozen=True)
class ExperimentService:
    """What operators do with experiments, inside a request's transaction; `actor_id` is the operator."""

    experiments: ExperimentRepository
    actor_id: int
    now: Callable[[], dt.datetime]

    async def add(self, key: str, values: Mapping[str, object]) -> ExperimentRow:
        """Make a draft; the same `key` of the same operator again is the same one, as it is now.

        Raises
        ------
        KeyReusedProblem
            If the key came with another wish before.
        ExperimentExistsProblem
            If the name was given before.
        NoExperimentProblem
            If it ends before it starts.
        """
        await self.experiments.hold()
        digest = _digest(values)
        before = await self.experiments.of_key(self.actor_id, key)
        if before is None:
            return await self._make({**values, "key": key, "request_digest": digest})
        if before.request_digest != digest:
            raise KeyReusedProblem(
                "This Idempotency-Key made another experiment before. Use a new key."
            )
        return before

    async def read(self, name: str) -> ExperimentRow:
        """Return an experiment.

        Raises
        ------
        UnknownExperimentProblem
            If there is none.
        """
        found = await self.experiments.experiment(name)
        if found is None:
            raise UnknownExperimentProblem(name)
        return found

    async def change(
        self, name: str, version: int | None, values: Mapping[str, object]
    ) -> ExperimentRow:
        """Set the columns in `values`; of what is no draft, only when it ends and the note.

        Raises
        ------
        UnknownExperimentProblem
            If there is none.
        StaleVersionProblem
            If it has another version than the one that was read; None is any.
        NoDraftProblem
            If the change would move units between arms.
        NoExperimentProblem
            If it would end before it starts.
        """
        row = await self._held(name, version)
        changed = {each: value for each, value in values.items() if getattr(row, each) != value}
        state = state_of(row, self.now())
        allowed = set(changed) if state == "draft" else WHILE_RUNNING
        if not set(changed) <= allowed or (changed.keys() & {"ends_at"} and state == "ended"):
            raise NoDraftProblem(name, state)
        _check_period({"starts_at": row.starts_at, "ends_at": row.ends_at, **changed})
        return await self._set(row, changed)

    async def start(self, name: str, version: int | None) -> ExperimentRow:
        """Let a draft run; what runs already stays as it is.

        Raises
        ------
        NoDraftProblem
            If it was stopped, or is over.
        NoExperimentProblem
            If it would be over already.
        LayerFullProblem, CollisionProblem
            If there is no room for it beside what runs.
        """
        row = await self._held(name, version)
        now = self.now()
        state = state_of(row, now)
        if state == "running":
            return row
        if state != "draft":
            raise NoDraftProblem(name, state)
        starts_at = max(now, row.starts_at or now)
        _check_period({"starts_at": starts_at, "ends_at": row.ends_at})
        first = await self._room(row)
        return await self._set(
            row, {"state": "running", "first_bucket": first, "starts_at": starts_at}
        )

    async def stop(self, name: str, version: int | None, reason: str) -> ExperimentRow:
        """Stop what runs; what was stopped stays as it is, with its reason.

        Raises
        ------
        NotRunningProblem
            If it is a draft, or over.
        """
        row = await self._held(name, version)
        state = state_of(row, self.now())
        if state == "stopped":
            return row
        if state != "running":
            raise NotRunningProblem(name, state)
        return await self._set(row, {"state": "stopped", "reason": reason})

    async def stop_arm(
        self, name: str, arm: str, version: int | None, reason: str
    ) -> ExperimentRow:
        """Serve an arm's units as without the experiment; with the last arm beside control it stops.

        Raises
        ------
        UnknownArmProblem, ControlStaysProblem
            If it has no such arm, or it is what others are held against.
        NotRunningProblem
            If the experiment is a draft, or over.
        """
        row = await self._held(name, version)
        arms = [each.name for each in design_of(row).arms]
        if arm not in arms:
            raise UnknownArmProblem(name, arm)
        if arm == arms[0]:
            raise ControlStaysProblem(name, arm)
        state = state_of(row, self.now())
        if arm in row.stopped_arms or state == "stopped":
            return row
        if state != "running":
            raise NotRunningProblem(name, state)
        stopped = {**row.stopped_arms, arm: reason}
        changed: dict[str, object] = {"stopped_arms": stopped}
        if len(stopped) == len(arms) - 1:
            changed |= {"state": "stopped", "reason": f"{arm}: {reason}"[:500]}
        return await self._set(row, changed)

    async def begin_version(self, name: str, version: int | None, reason: str) -> ExperimentRow:
        """Make the next version, a draft: its units are put into arms anew, what was is analysed apart.

        What runs is over with that, for `reason`, in the note.
        """
        row = await self._held(name, version)
        if state_of(row, self.now()) == "draft":
            return row
        changed: dict[str, object] = {
            "experiment_version": row.experiment_version + 1,
            "state": "draft",
            "reason": None,
            "first_bucket": None,
            "stopped_arms": {},
            "starts_at": None,
            "ends_at": None,
            "note": reason,
        }
        return await self._set(row, changed)

    async def _make(self, values: Mapping[str, object]) -> ExperimentRow:
        _check_period(values)
        if await self.experiments.experiment(str(values["name"])) is not None:
            raise ExperimentExistsProblem(str(values["name"]))
        new = {"experiment_version": 1, "state": "draft", "stopped_arms": {}}
        return await self.experiments.add({**values, **new, **made_by(self.actor_id, self.now())})

    async def _held(self, name: str, version: int | None) -> ExperimentRow:
        await self.experiments.hold()
        row = await self.read(name)
        if version is not None and version != row.version:
            raise StaleVersionProblem("experiment", row.version)
        return row

    async def _set(self, row: ExperimentRow, values: Mapping[str, object]) -> ExperimentRow:
        if not values:
            return row
        by = {"version": row.version + 1, "changed_by": self.actor_id, "changed_at": self.now()}
        for name, value in {**values, **by}.items():
            setattr(row, name, value)
        await self.experiments.session.flush()
        return row

    async def _room(self, row: ExperimentRow) -> int:
        """Return the first bucket that the experiment gets."""
        others = await self.experiments.running(self.now())
        _check_collisions(row, [other for other in others if other.layer != row.layer])
        taken = [
            (other.first_bucket or 0, other.traffic_basis_points)
            for other in others
            if other.layer == row.layer
        ]
        first = first_free(taken, row.traffic_basis_points)
        if first is None:
            raise LayerFullProblem(row.layer, largest_free(taken))
        return first


def state_of(row: ExperimentRow, now: dt.datetime) -> State:
    """Return an experiment's state: one whose time is over has ended."""
    if row.state == "running" and row.ends_at is not None and row.ends_at <= now:
        return "ended"
    state: State = row.state  # type: ignore[assignment] # a constraint of the table
    return state


def design_of(row: ExperimentRow) -> Design:
    """Return an experiment's design."""
    return Design.model_validate(row.design)


def _check_collisions(row: ExperimentRow, others: Sequence[ExperimentRow]) -> None:
    for other in others:
        twice = decided_twice(design_of(row), design_of(other))
        if twice:
            raise CollisionProblem(other.name, ", ".join(twice))


def _check_period(values: Mapping[str, object]) -> None:
    starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
    if not isinstance(ends_at, dt.datetime) or not isinstance(starts_at, dt.datetime):
        return
    if ends_at <= starts_at:
        raise NoExperimentProblem(
            f"It would end at {ends_at.isoformat()}, not after it starts, {starts_at.isoformat()}."
        )


def _digest(values: Mapping[str, object]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
