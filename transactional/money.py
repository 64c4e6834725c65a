"""Integer cents: taking a ratio of them, and sharing them out without losing one."""

from collections.abc import Sequence

BASIS_POINTS = 10_000


def ratio_of(cents: int, basis_points: int) -> int:
    """Return `basis_points` ten-thousandths of `cents` (≥ 0), half a cent rounded up."""
    return (2 * cents * basis_points + BASIS_POINTS) // (2 * BASIS_POINTS)


def share_out(cents: int, weights: Sequence[int]) -> list[int]:
    """Split `cents` (≥ 0) in proportion to `weights` (≥ 0); the parts add up to `cents`.

    Largest remainder (Hamilton's method): everyone gets the whole cents of the share, and what is
    left goes, a cent each, to the largest remainders, the first of equal ones first.

    Raises
    ------
    ValueError
        If there are cents to share and all weights are 0.
    """
    total = sum(weights)
    if cents == 0:
        return [0] * len(weights)
    if total == 0:
        raise ValueError(f"{cents} cents have nobody to go to: all weights are 0")
    parts = [cents * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: -(cents * weights[n] % total))
    for n in by_remainder[: cents - sum(parts)]:
        parts[n] += 1
    return parts


def amount(cents: int, currency: str) -> str:
    """Return a sum as people read it: `1,234.50 EUR`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d} {currency}"
