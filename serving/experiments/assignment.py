"""Who is in which arm: a hash of the unit, the same in every process, at any time, without a store."""

from hashlib import blake2b
from typing import NamedTuple

from features.schemas.experiments import WHOLE, Arm, Experiment, Unit


class Identity(NamedTuple):
    """What a request tells of who asks."""

    customer_id: int | None = None
    visitor_id: str | None = None
    session_id: str | None = None


def unit_of(unit: Unit, who: Identity) -> str | None:
    """Return what is put into an arm, None if the request tells of nobody.

    A customer, else their browser, else the session; of an experiment on visitors the browser first, so
    that who logs in stays in the arm.
    """
    if unit == "customer" and who.customer_id is not None:
        return f"c{who.customer_id}"
    if who.visitor_id:
        return f"v{who.visitor_id}"
    if who.session_id:
        return f"s{who.session_id}"
    return f"c{who.customer_id}" if who.customer_id is not None else None


def bucket(salt: str, unit_id: str) -> int:
    """Return a number below 10,000; another salt gives numbers that know nothing of these."""
    digest = blake2b(unit_id.encode(), digest_size=8, key=salt.encode()).digest()
    return int.from_bytes(digest) % WHOLE


def arm_of(experiment: Experiment, unit_id: str) -> Arm | None:
    """Return a unit's arm, None if it is not in the experiment.

    The layer's salt decides whether it is, so that a unit is in one experiment of a layer at most; the
    experiment's own, and its version's, in which arm.
    """
    place = bucket(f"layer {experiment.layer}", unit_id) - experiment.first_bucket
    if not 0 <= place < experiment.n_buckets:
        return None
    left = bucket(f"{experiment.name} {experiment.experiment_version}", unit_id)
    for arm in experiment.arms:
        left -= arm.share_basis_points
        if left < 0:
            return None if arm.name in experiment.stopped_arms else arm
    return None
