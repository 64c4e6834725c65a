"""The products as arrays: what they are like, how popular, at what price, sold with what.

Row p is product_id p + 1. A product's appeal lives in a space of `N_DIMENSIONS`: its brand and its
style say most of it, so that a model can learn it from the text as well as from who bought it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.draws import Floats, Ints, Stream, normal, uniform
from simulator.seasons import discounts
from simulator.shop import SimulatedShop
from simulator.words import COLOURS, DEPARTMENTS, LEAVES, brand_name

N_DIMENSIONS = 8
N_BRANDS_PER_DEPARTMENT = 14
N_PRODUCTS_PER_PAIR = 16
DEPARTMENT_NAMES = tuple(DEPARTMENTS)
DEPARTMENT_OF_LEAF = np.array([DEPARTMENT_NAMES.index(x.path.split(" > ")[0]) for x in LEAVES])
LEAF_PRICES = np.array([leaf.typical_price_cents for leaf in LEAVES])


@dataclass(frozen=True)
class Catalogue:
    """Arrays of n products; `order`, `cumulative`, `offsets` serve to draw one of a leaf."""

    leaf: Ints
    words: Floats  # (n, 5): noun, material, style, colour, size as draws in (0, 1)
    brand: Ints
    vectors: NDArray[np.float32]  # (n, N_DIMENSIONS)
    popularity: Floats  # weights, any scale
    base_price_cents: Ints
    launch: Ints  # day number; no log of the product before it
    partner: Ints  # the product often bought with this one, or -1
    order: Ints  # products, leaf by leaf
    cumulative: Floats  # running sum of popularity in that order
    offsets: Ints  # (n_leaves + 1,): where each leaf begins in `order`

    @property
    def ids(self) -> Ints:
        """The product ids, from 1."""
        return np.arange(1, len(self.leaf) + 1)

    def style(self, product: int) -> int:
        """Return the number of the product's style word."""
        return int(self.words[product, 2] * 8)


@lru_cache(maxsize=2)
def catalogue(shop: SimulatedShop) -> Catalogue:
    """Make the products of a shop; some 150 bytes each."""
    seed, ids = shop.seed, np.arange(1, shop.n_products + 1)
    leaf = np.floor(uniform(seed, Stream.LEAF, ids)[:, 0] * len(LEAVES)).astype(np.int64)
    words = uniform(seed, Stream.WORDS, ids, 6)
    department = DEPARTMENT_OF_LEAF[leaf]
    own_brand = np.floor(words[:, 5] * N_BRANDS_PER_DEPARTMENT).astype(np.int64)
    brand = department * N_BRANDS_PER_DEPARTMENT + own_brand
    popularity = np.exp(1.3 * normal(seed, Stream.POPULARITY, ids)[:, 0])
    order = np.argsort(leaf, kind="stable")
    return Catalogue(
        leaf=leaf,
        words=words[:, :5],
        brand=brand,
        vectors=_vectors(seed, ids, brand, department * 8 + (words[:, 2] * 8).astype(np.int64)),
        popularity=popularity,
        base_price_cents=_prices(seed, ids, leaf),
        launch=_launches(shop, ids),
        partner=_partners(shop, popularity),
        order=order,
        cumulative=np.cumsum(popularity[order]),
        offsets=np.searchsorted(leaf[order], np.arange(len(LEAVES) + 1)),
    )


def prices(shop: SimulatedShop, day: int, products: Ints | None = None) -> Ints:
    """Return the price in cents of all products, or of some, on the day; promotions taken off."""
    made = catalogue(shop)
    products = made.ids - 1 if products is None else products
    off = discounts(shop.seed, products + 1, day)
    return np.maximum(1, np.rint(made.base_price_cents[products] * (1 - off))).astype(np.int64)


def _vectors(seed: int, ids: Ints, brand: Ints, style: Ints) -> NDArray[np.float32]:
    brands = normal(seed, Stream.BRAND_VECTOR, np.arange(brand.max() + 1), N_DIMENSIONS)
    styles = normal(seed, Stream.STYLE_VECTOR, np.arange(style.max() + 1), N_DIMENSIONS)
    own = normal(seed, Stream.PRODUCT_VECTOR, ids, N_DIMENSIONS)
    return (0.65 * brands[brand] + 0.6 * styles[style] + 0.45 * own).astype(np.float32)


def _prices(seed: int, ids: Ints, leaf: Ints) -> Ints:
    raw = LEAF_PRICES[leaf] * np.exp(0.45 * normal(seed, Stream.PRICE, ids)[:, 0])
    return np.asarray(
        np.maximum(95, np.rint(raw / 50) * 50 - 5).astype(np.int64)
    )  # 12.45, 12.95, ...


def _launches(shop: SimulatedShop, ids: Ints) -> Ints:
    """Nine in ten were there before; the others come in the first four fifths of the period."""
    draw = uniform(shop.seed, Stream.LAUNCH, ids)[:, 0]
    later = shop.first + np.floor((draw - 0.9) * 10 * shop.n_days * 0.8).astype(np.int64)
    return np.where(draw < 0.9, shop.first, later)


def _partners(shop: SimulatedShop, popularity: Floats) -> Ints:
    """Pair products at random among the more popular half, each in at most one pair."""
    n_pairs = shop.n_products // N_PRODUCTS_PER_PAIR
    popular = np.argsort(-popularity, kind="stable")[: max(2 * n_pairs, shop.n_products // 2)]
    chosen = np.random.default_rng([shop.seed, Stream.PAIRS]).permutation(popular)[: 2 * n_pairs]
    partner = np.full(shop.n_products, -1)
    partner[chosen[::2]], partner[chosen[1::2]] = chosen[1::2], chosen[::2]
    return partner


@dataclass(frozen=True)
class Wording:
    """A product in words."""

    noun: str
    material: str
    style: str
    colour: str
    size: str
    brand: str
    use: str

    @property
    def title(self) -> str:
        """For example: Norden rustic oak table lamp, moss green, small."""
        return f"{self.brand} {self.style} {self.material} {self.noun}, {self.colour}, {self.size}"

    @property
    def description(self) -> str:
        """Three sentences that a shopper could search in."""
        return (
            f"{self.style.capitalize()} {self.material} {self.noun} in {self.colour}, for {self.use}. "
            f"{self.brand} makes it in small batches and checks every piece by hand. "
            f"Size: {self.size}. Pairs well with other {self.style} pieces."
        )

    @property
    def attributes(self) -> dict[str, str]:
        """What a facet shows."""
        return {
            "material": self.material,
            "colour": self.colour,
            "style": self.style,
            "size": self.size,
        }


def wording(made: Catalogue, product: int) -> Wording:
    """Return the words of one product."""
    leaf = LEAVES[made.leaf[product]]
    department = DEPARTMENTS[leaf.path.split(" > ")[0]]
    noun, material, style, colour, size = made.words[product]
    return Wording(
        noun=leaf.nouns[int(noun * len(leaf.nouns))],
        material=department.materials[int(material * len(department.materials))],
        style=department.styles[int(style * len(department.styles))],
        colour=COLOURS[int(colour * len(COLOURS))],
        size=department.sizes[int(size * len(department.sizes))],
        brand=brand_name(int(made.brand[product])),
        use=department.uses[int(noun * 97) % len(department.uses)],
    )
