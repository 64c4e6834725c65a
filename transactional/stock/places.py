"""How far a warehouse is from a customer's region."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, in degrees; None where nobody entered it."""

    latitude: float | None
    longitude: float | None


def distance_km(one: Place, other: Place) -> float:
    """Return the great-circle distance (haversine); infinite if one of the two is not known."""
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return math.inf
    angles = (one.latitude, one.longitude, other.latitude, other.longitude)
    phi, lam, phi_other, lam_other = (math.radians(float(angle or 0)) for angle in angles)
    haversine = (
        math.sin((phi_other - phi) / 2) ** 2
        + math.cos(phi) * math.cos(phi_other) * math.sin((lam_other - lam) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(haversine))


def nearest_first(place: Place, warehouses: Sequence[tuple[int, Place]]) -> tuple[int, ...]:
    """Return the warehouse ids by distance, those at the same (or no known) distance by id."""
    by_distance = sorted((distance_km(place, at), id_) for id_, at in warehouses)
    return tuple(warehouse_id for _, warehouse_id in by_distance)
