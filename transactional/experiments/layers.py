"""Which units of a layer an experiment gets, and which experiments can't run beside each other."""

from collections.abc import Iterable, Sequence

from features.schemas.experiments import WHOLE, Design

Taken = tuple[int, int]
"""First bucket, and how many."""


def first_free(taken: Iterable[Taken], n_buckets: int) -> int | None:
    """Return the first bucket of a piece of the layer with room for so many, None if there is none."""
    for start, n_free in pieces(taken):
        if n_free >= n_buckets:
            return start
    return None


def largest_free(taken: Iterable[Taken]) -> int:
    """Return how many buckets the largest piece has that nobody has."""
    return max(n_free for _, n_free in pieces(taken))


def pieces(taken: Iterable[Taken]) -> list[Taken]:
    """Return what nobody has, in order; pieces may be empty."""
    free, start = [], 0
    for first, n_buckets in sorted(taken):
        free.append((start, first - start))
        start = first + n_buckets
    return [*free, (start, WHOLE - start)]


def decided_twice(one: Design, other: Design) -> Sequence[str]:
    """Return what two designs would both decide of one answer, by name."""
    same_surface = bool({*one.surfaces} & {*other.surfaces})
    same_slot = not one.slots or not other.slots or bool({*one.slots} & {*other.slots})
    if not (same_surface and same_slot):
        return ()
    if interleaves(one) and interleaves(other):
        return ("the list",)
    return sorted(one.changed() & other.changed())


def interleaves(design: Design) -> bool:
    """Return whether an arm shows two lists as one."""
    return any(arm.beside for arm in design.arms)
