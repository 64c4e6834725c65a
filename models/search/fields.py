"""What a shard of the index holds, and how text becomes words: the same for writing and reading."""

from functools import cache

import tantivy

from models.search.languages import Language

WORDS = "words"
TEXT_BOOSTS = {
    "title": 2.0,
    "brand_words": 1.5,
    "category_words": 1.5,
    "attributes": 1.0,
    "description": 1.0,
}
"""Fields that a query's words are looked for in, and how much a find in each counts."""
NAME_BOOSTS = {name: TEXT_BOOSTS[name] for name in ("title", "brand_words", "category_words")}
"""Those of them that say what a product is called."""

CODES = "codes"
"""Measures and model numbers, however they are written (`models.search.codes`)."""
CODE_BOOST = 2.0
FORMS = "forms"
"""The words of title, brand and category as they are written: what a misspelt word is compared with."""

VALUES = ("brand", "category_path", "attribute_values")
"""What is chosen and counted by its whole value; attributes are several."""
TREE = "category_tree"
"""The paths of the categories above a product's own: what is chosen by one of them is chosen by `category_path`, too."""
BOUNDED = ("price_cents", "stars")
"""Whole numbers that are chosen by bounds alone, which their columns tell."""
NUMBERS = ("product_id", "category_id", "seller_id", *BOUNDED)
SORTED_BY = ("listed_day", "n_units_28d")
"""Whole numbers that lists are only sorted by."""
PRICE_STEP = "price_step"
"""The round price at or below a product's (`models.search.price_bands.price_step`)."""

MAX_WORD_BYTES = 40


def schema() -> tantivy.Schema:
    """Return a shard's schema. Nothing is stored: documents lie beside it (`models.search.documents`)."""
    builder = tantivy.SchemaBuilder()
    for name in TEXT_BOOSTS:
        builder.add_text_field(name, tokenizer_name=WORDS, index_option="freq")
    builder.add_text_field(CODES, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(FORMS, tokenizer_name=FORMS, index_option="basic")
    for name in VALUES:
        builder.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_text_field(TREE, tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        builder.add_integer_field(name, indexed=name not in BOUNDED, fast=True)
    for name in (*SORTED_BY, PRICE_STEP):
        builder.add_integer_field(name, fast=True)
    builder.add_boolean_field("in_stock", indexed=True, fast=True)
    for name in ("popularity", "mean_rating"):
        builder.add_float_field(name, fast=True)
    return builder.build()


@cache
def analyzer(language: Language) -> tantivy.TextAnalyzer:
    """Return what splits text into words: lower case, accents folded, then stems.

    Folded first, a word has one stem with its accents and without, as shoppers type it; endings that
    only an accent tells apart stay on.
    """
    return _folding().filter(tantivy.Filter.stemmer(language)).build()


@cache
def form_analyzer() -> tantivy.TextAnalyzer:
    """Return what splits text into word forms: as `analyzer`, without stems."""
    return _folding().build()


def _folding() -> tantivy.TextAnalyzerBuilder:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(MAX_WORD_BYTES),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
    ):
        builder = builder.filter(step)
    return builder


@cache
def blank_analyzer() -> tantivy.TextAnalyzer:
    """Return what splits at blanks alone: what is written has been split before (`models.search.splitting`)."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


def register(index: tantivy.Index) -> None:
    """Make the tokenizers known to an index that is written."""
    for name in (WORDS, FORMS):
        index.register_tokenizer(name, blank_analyzer())
