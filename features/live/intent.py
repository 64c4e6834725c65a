"""What a shopper is after: categories, brands and prices of what was looked at lately.

Each look adds its weight; all weights fall to half in `HALF_LIFE_SECONDS`. They are kept as of the
latest look, so that of two looks the order in which they come in does not matter.
"""

import math
from dataclasses import dataclass, field

HALF_LIFE_SECONDS = 1_800.0
N_KEPT = 20


@dataclass(frozen=True)
class Facts:
    """What is known of a product that somebody looks at."""

    category_id: int | None = None
    brand: str | None = None
    price_cents: int | None = None


NOTHING_KNOWN = Facts()


@dataclass
class Intent:
    """Weights as of `at`, seconds since 1970.

    Parameters
    ----------
    price
        Sums of the weights, of weight x log price and of weight x log price squared; cents, natural.
    """

    at: float = 0.0
    categories: dict[str, float] = field(default_factory=dict)
    brands: dict[str, float] = field(default_factory=dict)
    price: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def look(self, at: float, weight: float, facts: Facts) -> None:
        """Add a look at a product."""
        self._bring_to(max(at, self.at))
        weight *= _faded(self.at - at)
        if facts.category_id is not None:
            self.categories = _added(self.categories, str(facts.category_id), weight)
        if facts.brand is not None:
            self.brands = _added(self.brands, facts.brand, weight)
        if facts.price_cents:
            logarithm = math.log(facts.price_cents)
            for power in range(3):
                self.price[power] += weight * logarithm**power

    @property
    def category_shares(self) -> dict[int, float]:
        """Shares of the weight by category, the largest first; they sum to 1."""
        return {int(name): share for name, share in _shares(self.categories).items()}

    @property
    def brand_shares(self) -> dict[str, float]:
        """Shares of the weight by brand, the largest first; they sum to 1."""
        return _shares(self.brands)

    @property
    def log_price(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the logarithm of prices in cents; None if none is known."""
        weight, total, squares = self.price
        if weight <= 0:
            return None
        mean = total / weight
        return mean, math.sqrt(max(0.0, squares / weight - mean**2))

    def weight(self, now: float) -> float:
        """Return how much is known of it now: a look of a moment ago is 1."""
        return sum(self.categories.values()) * _faded(now - self.at)

    def _bring_to(self, at: float) -> None:
        faded, self.at = _faded(at - self.at), at
        if faded == 1:
            return
        self.categories = {name: weight * faded for name, weight in self.categories.items()}
        self.brands = {name: weight * faded for name, weight in self.brands.items()}
        self.price = [each * faded for each in self.price]


def _faded(seconds: float) -> float:
    return 1.0 if seconds <= 0 else float(2.0 ** (-seconds / HALF_LIFE_SECONDS))


def _added(weights: dict[str, float], name: str, weight: float) -> dict[str, float]:
    """Return weights with one more; of too many the least are forgotten."""
    weights = {**weights, name: weights.get(name, 0.0) + weight}
    if len(weights) <= N_KEPT:
        return weights
    kept = sorted(weights, key=lambda each: -weights[each])[:N_KEPT]
    return {each: weights[each] for each in kept}


def _shares(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if not total:
        return {}
    return {name: weights[name] / total for name in sorted(weights, key=lambda n: -weights[n])}
