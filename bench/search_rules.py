"""What 2,000 rules of operators cost a search, and how long it takes to make them ready.

python -m bench.search_rules

An index of made-up products in two shards; of each kind 400 rules. Medians over searches for two words,
over those that a pin names, and over a listing of everything.
"""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from features.schemas.search_rules import SearchRule
from models.search.index import Index
from models.search.query import Search
from models.search.writing import write_shard
from serving.search.compiling import NO_RULES, SearchRules, compiled

N_PRODUCTS, N_WORDS, N_OF_A_KIND, N_SEARCHES = 50_000, 3_000, 400, 300
SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "za")


def documents(chance: random.Random, words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield products with titles of six words, frequent ones more often."""
    for product_id in range(1, N_PRODUCTS + 1):
        yield {
            "product_id": product_id,
            "title": " ".join(words[int(N_WORDS * chance.random() ** 3)] for _ in range(6)),
            "description": "",
            "category_id": 1 + product_id % 200,
            "category_path": None,
            "brand": f"Brand {product_id % 500}",
            "seller_id": 1 + product_id % 300,
            "price_cents": 100 + product_id,
            "attributes": "{}",
            "in_stock": True,
            "popularity": chance.random(),
        }


def rules(chance: random.Random, words: Sequence[str]) -> list[SearchRule]:
    """Return `N_OF_A_KIND` of each kind; hidings and weights are of all searches."""
    found: list[dict[str, Any]] = []
    for n in range(N_OF_A_KIND):
        product_id = chance.randint(1, N_PRODUCTS)
        query = f"{words[n % 100]} {words[n // 100]}"
        found += [
            {"kind": "pin", "queries": [query], "product_id": product_id, "position": 1 + n // 100},
            {"kind": "weigh", "product_id": product_id, "factor": 2.0},
            {"kind": "hide", "product_id": chance.randint(1, N_PRODUCTS)},
            {"kind": "synonym", "words": [words[n], words[-n - 1]]},
            {"kind": "redirect", "queries": [query], "url": "/somewhere"},
        ]
    return [SearchRule(rule_id=n + 1, **rule) for n, rule in enumerate(found)]


def milliseconds(index: Index, wanted: SearchRules, queries: Sequence[str]) -> float:
    """Return the median time of a search for a page of 20."""
    times = []
    for query in queries:
        began = time.perf_counter()
        index.search(Search(query), 0, 20, wanted.of(query).wishes)
        times.append((time.perf_counter() - began) * 1e3)
    return median(times)


def main() -> None:
    """Measure and print."""
    chance = random.Random(7)  # noqa: S311 - made-up data
    words = ["".join(chance.choice(SYLLABLES) for _ in range(4)) for _ in range(N_WORDS)]
    products = list(documents(chance, words))
    with tempfile.TemporaryDirectory() as folder:
        for n in range(2):
            write_shard(Path(folder) / f"shard-{n}", products[n::2])
        manifest = {"date": "2026-01-31", "shards": ["shard-0", "shard-1"]}
        (Path(folder) / "manifest.json").write_text(json.dumps(manifest))
        index = Index.open(Path(folder))
        wanted = rules(chance, words)
        began = time.perf_counter()
        ready = compiled(wanted)
        print(f"{len(wanted):,} rules made ready in {time.perf_counter() - began:.3f} s")
        began = time.perf_counter()
        for _ in range(10_000):
            ready.of("desk lamp")
        print(f"looked up in {(time.perf_counter() - began) * 100:.1f} µs")
        any_words = [" ".join(chance.sample(words, 2)) for _ in range(N_SEARCHES)]
        named = [f"{words[n % 100]} {words[n // 100]}" for n in range(N_SEARCHES)]
        asked = {"any two words": any_words, "named by a rule": named, "no words": [""] * 50}
        for name, queries in asked.items():
            before = milliseconds(index, NO_RULES, queries)
            after = milliseconds(index, ready, queries)
            print(f"a search, {name}: {before:.2f} ms without rules, {after:.2f} ms with them")


if __name__ == "__main__":
    main()
