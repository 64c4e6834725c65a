"""The words that titles, descriptions and queries are made of, and the tree of categories."""

from typing import NamedTuple


class Leaf(NamedTuple):
    """An innermost category. `peak` is the day of the year on which it sells best."""

    path: str
    nouns: tuple[str, ...]
    typical_price_cents: int
    peak: int


class Department(NamedTuple):
    """What products of an outermost category are called after."""

    materials: tuple[str, ...]
    styles: tuple[str, ...]
    sizes: tuple[str, ...]
    uses: tuple[str, ...]


def _leaf(path: str, nouns: str, price_cents: int, peak: int) -> Leaf:
    return Leaf(path, tuple(noun.strip() for noun in nouns.split(",")), price_cents, peak)


LEAVES: tuple[Leaf, ...] = (
    _leaf("Home > Kitchen > Pans", "frying pan, saucepan, wok, griddle pan", 3500, 340),
    _leaf("Home > Kitchen > Knives", "chef's knife, bread knife, paring knife, cleaver", 4200, 345),
    _leaf("Home > Kitchen > Bakeware", "loaf tin, cake tin, baking tray, muffin tin", 1800, 320),
    _leaf("Home > Kitchen > Storage jars", "storage jar, biscuit tin, spice rack", 1500, 30),
    _leaf(
        "Home > Dining > Tableware", "dinner plate, soup bowl, serving dish, side plate", 1600, 350
    ),
    _leaf("Home > Dining > Glassware", "wine glass, tumbler, carafe, champagne flute", 2100, 355),
    _leaf("Home > Dining > Cutlery", "cutlery set, salad server, cake fork", 2900, 350),
    _leaf("Home > Living room > Lamps", "table lamp, floor lamp, reading lamp", 6200, 310),
    _leaf("Home > Living room > Cushions", "cushion, throw, floor cushion", 2400, 290),
    _leaf("Home > Living room > Rugs", "rug, runner, doormat", 8900, 280),
    _leaf("Home > Bedroom > Bed linen", "duvet cover, pillowcase, fitted sheet", 4500, 20),
    _leaf("Home > Bedroom > Blankets", "blanket, quilt, bedspread", 5200, 320),
    _leaf(
        "Garden > Growing > Seeds", "tomato seeds, herb seeds, flower seeds, salad seeds", 350, 80
    ),
    _leaf("Garden > Growing > Pots", "plant pot, window box, hanging basket", 1900, 110),
    _leaf("Garden > Tools > Hand tools", "trowel, hand fork, secateurs, dibber", 1700, 100),
    _leaf("Garden > Tools > Watering", "watering can, garden hose, sprinkler", 2600, 170),
    _leaf("Garden > Outdoor living > Furniture", "garden chair, bench, bistro table", 12500, 140),
    _leaf(
        "Garden > Outdoor living > Barbecues",
        "charcoal barbecue, fire bowl, grill basket",
        9800,
        165,
    ),
    _leaf("Clothing > Women > Dresses", "summer dress, shirt dress, wrap dress", 5900, 150),
    _leaf("Clothing > Women > Knitwear", "cardigan, jumper, poncho", 5400, 305),
    _leaf("Clothing > Women > Shoes", "ankle boot, ballet flat, sandal", 7800, 100),
    _leaf("Clothing > Men > Shirts", "oxford shirt, flannel shirt, polo shirt", 4400, 130),
    _leaf("Clothing > Men > Trousers", "chinos, jeans, cord trousers", 5600, 270),
    _leaf("Clothing > Men > Shoes", "derby shoe, loafer, desert boot", 8900, 280),
    _leaf("Clothing > Accessories > Scarves", "scarf, shawl, snood", 2600, 330),
    _leaf("Clothing > Accessories > Bags", "tote bag, satchel, rucksack", 6400, 250),
    _leaf("Sports > Outdoor > Tents", "two-person tent, tarp, bivouac", 18500, 160),
    _leaf("Sports > Outdoor > Sleeping bags", "sleeping bag, camping mat, pillow", 8200, 165),
    _leaf("Sports > Outdoor > Hiking", "trekking pole, hiking sock, water bottle", 2900, 200),
    _leaf("Sports > Fitness > Weights", "dumbbell, kettlebell, resistance band", 3400, 10),
    _leaf("Sports > Fitness > Yoga", "yoga mat, yoga block, bolster", 3100, 15),
    _leaf("Sports > Cycling > Bike parts", "saddle, bike light, pedal, bike pump", 3900, 120),
    _leaf("Sports > Cycling > Helmets", "cycling helmet, road helmet", 6900, 115),
    _leaf("Electronics > Audio > Headphones", "headphones, earbuds, headset", 9900, 340),
    _leaf(
        "Electronics > Audio > Speakers",
        "bookshelf speaker, portable speaker, soundbar",
        14900,
        345,
    ),
    _leaf("Electronics > Computing > Keyboards", "keyboard, number pad", 7400, 240),
    _leaf("Electronics > Computing > Mice", "mouse, trackball, mouse mat", 4100, 240),
    _leaf(
        "Electronics > Computing > Cables", "charging cable, adapter, docking station", 1900, 330
    ),
    _leaf("Electronics > Photo > Camera bags", "camera bag, lens pouch, camera strap", 4800, 180),
    _leaf("Electronics > Photo > Tripods", "tripod, monopod, phone clamp", 6600, 185),
    _leaf("Toys > Building > Blocks", "building blocks, marble run, magnet set", 3600, 345),
    _leaf("Toys > Building > Trains", "train set, railway bridge, locomotive", 4300, 350),
    _leaf("Toys > Games > Board games", "board game, strategy game, family game", 3300, 352),
    _leaf("Toys > Games > Puzzles", "jigsaw puzzle, puzzle cube, brain teaser", 1900, 348),
    _leaf("Toys > Soft toys > Animals", "teddy bear, plush rabbit, plush fox", 2300, 340),
    _leaf("Stationery > Writing > Pens", "fountain pen, rollerball, fineliner set", 2700, 250),
    _leaf("Stationery > Writing > Notebooks", "notebook, sketchbook, weekly planner", 1400, 255),
    _leaf("Stationery > Desk > Organisers", "desk organiser, letter tray, pen pot", 2200, 245),
    _leaf(
        "Stationery > Cards > Greeting cards",
        "birthday card, thank-you card, postcard set",
        450,
        345,
    ),
    _leaf("Food > Drinks > Tea", "black tea, green tea, herbal tea", 900, 325),
    _leaf("Food > Drinks > Coffee", "espresso beans, filter coffee, decaf coffee", 1200, 315),
    _leaf("Food > Pantry > Oils", "olive oil, walnut oil, chilli oil", 1500, 300),
    _leaf("Food > Pantry > Chocolate", "chocolate bar, truffles, drinking chocolate", 800, 350),
    _leaf("Food > Pantry > Preserves", "marmalade, fig jam, chutney", 700, 330),
)

DEPARTMENTS: dict[str, Department] = {
    "Home": Department(
        ("stoneware", "oak", "linen", "steel", "cast-iron", "bamboo", "wool", "glass"),
        ("rustic", "classic", "modern", "Nordic", "retro", "minimal", "floral", "artisan"),
        ("small", "medium", "large", "set of 2", "set of 4", "set of 6"),
        ("everyday meals", "slow evenings", "a small flat", "a full house", "winter weekends"),
    ),
    "Garden": Department(
        ("terracotta", "galvanised", "teak", "recycled", "ash", "zinc", "rattan", "iron"),
        ("cottage", "balcony", "wild", "formal", "potager", "coastal", "shade", "heritage"),
        ("small", "medium", "large", "pack of 3", "pack of 5", "extra large"),
        ("a sunny balcony", "raised beds", "a shady corner", "long borders", "first gardens"),
    ),
    "Clothing": Department(
        ("cotton", "merino", "linen", "suede", "denim", "cashmere", "corduroy", "canvas"),
        ("tailored", "relaxed", "vintage", "sporty", "striped", "plain", "checked", "bohemian"),
        ("XS", "S", "M", "L", "XL", "XXL"),
        ("the office", "long walks", "warm evenings", "travelling light", "rainy days"),
    ),
    "Sports": Department(
        ("aluminium", "carbon", "nylon", "cork", "ripstop", "steel", "foam", "merino"),
        ("ultralight", "expedition", "trail", "studio", "race", "touring", "urban", "alpine"),
        ("small", "regular", "long", "wide", "one size", "pair"),
        ("the first summit", "daily training", "three-day tours", "home workouts", "the commute"),
    ),
    "Electronics": Department(
        ("aluminium", "walnut", "graphite", "braided", "leather", "polymer", "felt", "ceramic"),
        ("studio", "compact", "wireless", "pro", "travel", "silent", "gaming", "slim"),
        ("mini", "standard", "1 m", "2 m", "XL", "twin pack"),
        ("a quiet office", "long flights", "live rooms", "late matches", "a tidy desk"),
    ),
    "Toys": Department(
        ("beech", "cardboard", "plush", "cork", "felt", "maple", "cotton", "birch"),
        ("classic", "space", "forest", "ocean", "pirate", "dinosaur", "circus", "farm"),
        ("small", "large", "30 pieces", "100 pieces", "500 pieces", "travel size"),
        ("small hands", "rainy afternoons", "the whole family", "patient builders", "bedtime"),
    ),
    "Stationery": Department(
        ("brass", "recycled", "leather", "laid-paper", "birch", "steel", "cloth-bound", "cork"),
        ("plain", "dotted", "botanical", "geometric", "marbled", "letterpress", "pastel", "bold"),
        ("A4", "A5", "A6", "pocket", "pack of 3", "pack of 10"),
        ("morning pages", "careful letters", "lecture halls", "field notes", "a clear desk"),
    ),
    "Food": Department(
        ("organic", "single-estate", "stone-ground", "wild", "smoked", "fair-trade", "raw", "aged"),
        ("mild", "strong", "fruity", "floral", "spiced", "nutty", "sweet", "bitter"),
        ("100 g", "250 g", "500 g", "1 kg", "gift box", "tasting set"),
        ("slow mornings", "a cheese board", "hungry guests", "cold evenings", "a picnic"),
    ),
}

COLOURS = (
    "white", "cream", "sand", "ochre", "rust", "brick red", "rose", "plum", "navy", "sky blue",
    "teal", "moss green", "sage", "charcoal", "black", "natural",
)  # fmt: skip

ONSETS = ("Ar", "Bel", "Cor", "Dal", "El", "Fen", "Gal", "Hal", "Is", "Jor", "Kel", "Lu", "Mar",
          "Nor", "Or", "Pel", "Quin", "Ros", "Sol", "Tor", "Ul", "Ver", "Wil", "Yar", "Zel")  # fmt: skip
ENDINGS = ("den", "mo", "ria", "vik", "sson", "lane", "berg", "field", "ta", "nia", "wick", "dor")

REGIONS = ("Capital", "North", "South", "East", "West", "Highlands", "Islands", "Coast")


def brand_name(number: int) -> str:
    """Return the `number`-th made-up brand; 300 distinct ones."""
    return ONSETS[number % len(ONSETS)] + ENDINGS[number // len(ONSETS) % len(ENDINGS)]


def category_ids() -> dict[str, int]:
    """Return every category's id by its path, parents before children, from 1."""
    parts = [leaf.path.split(" > ") for leaf in LEAVES]
    paths = [" > ".join(names[: depth + 1]) for names in parts for depth in range(len(names))]
    return {path: number for number, path in enumerate(dict.fromkeys(paths), 1)}
