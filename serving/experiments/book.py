"""The experiments that run, and what they make of one request."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from features.schemas.experiments import Arm, Experiment, Surface, Treatment
from serving.experiments.assignment import Identity, arm_of, unit_of
from serving.rule_hash import RuleHash

FORM = TypeAdapter(list[Experiment])


@dataclass(frozen=True, slots=True)
class Assigned:
    """An experiment that has a say in an answer, and the arm of whoever asks."""

    experiment: Experiment
    arm: Arm
    unit_id: str

    @property
    def propensity(self) -> float:
        """The chance that the unit had of this arm."""
        return self.arm.share_basis_points / 10_000


UNCHANGED = Treatment()


@dataclass(frozen=True, slots=True)
class Trial:
    """What all layers together want of one answer; `beside` makes it a draft of two ways."""

    assigned: tuple[Assigned, ...] = ()
    way: Treatment = UNCHANGED
    beside: Treatment | None = None

    def told(self) -> list[dict[str, str]]:
        """Return what the answer tells."""
        return [{"name": each.experiment.name, "arm": each.arm.name} for each in self.assigned]

    @property
    def seed(self) -> str:
        """What an interleaved list is drawn by: the same for a unit each time it asks."""
        return " ".join(f"{each.experiment.name} {each.unit_id}" for each in self.assigned)


NO_TRIAL = Trial()


@dataclass
class ExperimentBook:
    """Running experiments as they lie in Redis; what can't be read leaves the last ones running.

    `by_surface` has no entry where nothing runs: then a request costs one look-up.
    """

    told: RuleHash[Experiment]
    now: Callable[[], dt.datetime]
    by_surface: Mapping[str, Sequence[Experiment]]

    def refresh(self) -> None:
        """Read the experiments again. Never raises: it runs beside requests."""
        changed = self.told.changed()
        if changed is not None:
            self.by_surface = by_surface(each for own in changed.values() for each in own)

    def trial(self, surface: Surface, slot: str | None, who: Identity) -> Trial:
        """Return what experiments make of a request."""
        running = self.by_surface.get(surface)
        if not running:
            return NO_TRIAL
        now = self.now()
        found = [
            assigned
            for each in running
            if each.holds(now) and (not each.slots or slot in each.slots)
            if (assigned := _assigned(each, who)) is not None
        ]
        return combined(found) if found else NO_TRIAL

    def wants(self, model: str) -> bool:
        """Return whether any running experiment serves a model."""
        return any(
            way.model == model
            for running in self.by_surface.values()
            for each in running
            for arm in each.arms
            for way in (arm, arm.beside)
            if way is not None
        )


def by_surface(experiments: Iterable[Experiment]) -> dict[str, list[Experiment]]:
    """Return the experiments of each surface, in the order of their names."""
    found: dict[str, list[Experiment]] = defaultdict(list)
    for each in sorted(experiments, key=lambda experiment: experiment.name):
        for surface in each.surfaces:
            found[surface].append(each)
    return dict(found)


def combined(assigned: Sequence[Assigned]) -> Trial:
    """Return arms of several layers as one; the shop lets none of them decide what another does."""
    first = assigned[0].arm
    if len(assigned) == 1 and first.beside is None:
        return Trial(tuple(assigned), first)
    way: dict[str, Any] = {}
    for each in assigned:
        way |= _changes(each.arm)
    beside = next((each.arm.beside for each in assigned if each.arm.beside), None)
    second = Treatment(**{**way, **_changes(beside)}) if beside else None
    return Trial(tuple(assigned), Treatment(**way), second)


def _changes(way: Treatment) -> dict[str, Any]:
    return {name: getattr(way, name) for name in way.changed()}


def _assigned(experiment: Experiment, who: Identity) -> Assigned | None:
    unit_id = unit_of(experiment.unit, who)
    arm = arm_of(experiment, unit_id) if unit_id else None
    return Assigned(experiment, arm, unit_id) if arm and unit_id else None
