"""Counts over the last 5 minutes, hour and day, in slices: little to keep however much happens.

A window is cut into `N_SLICES`; what counts at a moment is the slice that the moment is in and the
whole ones before it. So a count covers between 11/12 and 12/12 of its window.
"""

from collections.abc import Mapping

N_SLICES = 12
WINDOWS: Mapping[str, int] = {"5m": 300, "1h": 3_600, "24h": 86_400}
"""Seconds of each window."""

Tally = dict[str, dict[str, int]]
"""By window, by number of the slice since 1970 (as JSON has it: text), how often something happened."""


def counted(tally: Tally, at: float, n: int = 1) -> None:
    """Count what happened `n` times at a moment, in seconds since 1970; forget what is too old."""
    for window, seconds in WINDOWS.items():
        slices = tally.setdefault(window, {})
        number = _slice(at, seconds)
        slices[str(number)] = slices.get(str(number), 0) + n
        newest = max(map(int, slices))
        for old in [each for each in slices if int(each) <= newest - N_SLICES]:
            del slices[old]


def counts(tally: Tally, now: float) -> dict[str, int]:
    """Return how often it happened in each window that ends now."""
    return {
        window: sum(
            n
            for number, n in tally.get(window, {}).items()
            if int(number) > _slice(now, seconds) - N_SLICES
        )
        for window, seconds in WINDOWS.items()
    }


def next_change(tally: Tally, now: float) -> float | None:
    """Return when the next of the counts falls, if nothing happens; None once all are 0."""
    ends = (
        (int(number) + N_SLICES) * seconds / N_SLICES
        for window, seconds in WINDOWS.items()
        for number in tally.get(window, {})
    )
    return min((end for end in ends if end > now), default=None)


def _slice(at: float, seconds: int) -> int:
    return int(at // (seconds / N_SLICES))
