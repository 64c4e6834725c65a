"""Products near a query in meaning: texts and queries as vectors of latent topics.

Source: Deerwester et al., "Indexing by latent semantic analysis" (JASIS 1990). What is learnt is learnt from the words
of an index's products, when it is built; to place a query takes some additions.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from models.retrieval.saving import load, save
from models.search.fields import analyzer
from models.search.languages import ENGLISH, Language
from models.search.query import words
from models.search.writing import texts

FOLDER = "semantics"
MAX_PRODUCTS = 200_000
"""Of more products there are no vectors: to make and to compare them takes too long."""
N_DIMENSIONS = 128
N_ITERATIONS = 2
MAX_WORDS = 30_000
SEED = 0
N_FEW = 9
"""Of more products a word that half of them have tells nothing."""
LEAST_LIKENESS = 0.4
"""A cosine: what is less like a query is not near it."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Semantics:
    """Vectors of words and products.

    Parameters
    ----------
    words : array of shape (n_words,), rising
        As the index knows them.
    directions : array of shape (n_words, n_dimensions)
        What a word adds to a text's vector, weighed by how rare it is.
    product_ids : array of shape (n_products,)
    vectors : array of shape (n_products, n_dimensions)
        At length 1, or 0 for a product without a known word.
    """

    words: NDArray[np.str_]
    directions: Vectors
    product_ids: NDArray[np.int64]
    vectors: Vectors

    @classmethod
    def of(
        cls,
        products: Iterable[tuple[int, str]],
        language: Language = ENGLISH,
        n_dimensions: int = N_DIMENSIONS,
    ) -> "Semantics | None":
        """Learn from products' ids and texts; None where no two of them share a word that tells them apart."""
        product_ids, documents = zip(*products, strict=True)
        split = analyzer(language)
        counting = TfidfVectorizer(
            analyzer=split.analyze,
            min_df=2,
            max_df=0.5 if len(documents) > N_FEW else 1.0,
            max_features=MAX_WORDS,
            sublinear_tf=True,
            dtype=np.float32,
        )
        try:
            weighted = counting.fit_transform(documents)
        except ValueError:  # no word is left
            return None
        n_dimensions = min(n_dimensions, *(size - 1 for size in weighted.shape))
        if n_dimensions < 1:
            return None
        reduced = TruncatedSVD(n_dimensions, n_iter=N_ITERATIONS, random_state=SEED)
        with np.errstate(invalid="ignore"):  # products that all say the same vary in nothing
            vectors = normalize(reduced.fit_transform(weighted))
        directions = reduced.components_.T * counting.idf_[:, None]
        return cls(
            np.array(counting.get_feature_names_out(), np.str_),
            directions.astype(np.float32),
            np.array(product_ids, np.int64),
            vectors.astype(np.float32),
        )

    def near(self, text: str, n_most: int, language: Language = ENGLISH) -> list[int]:
        """Return the ids of the products nearest to a text in meaning, the nearest first."""
        asked = np.array(words(text, language), np.str_)
        at = np.minimum(np.searchsorted(self.words, asked), len(self.words) - 1)
        known = at[self.words[at] == asked]
        whole = self.directions[known].sum(axis=0)
        length = math.sqrt(float(whole @ whole))
        if not length:
            return []
        likeness = self.vectors @ (whole / length)
        best = np.argsort(-likeness, kind="stable")[:n_most]
        return [int(each) for each in self.product_ids[best[likeness[best] >= LEAST_LIKENESS]]]

    def save(self, folder: Path) -> None:
        """Write the arrays below an index's folder."""
        save(self, folder / FOLDER)

    @classmethod
    def load(cls, folder: Path) -> "Semantics | None":
        """Map the arrays below an index's folder, None if it has none.

        Raises
        ------
        BrokenModelError
            If a file is missing or broken.
        """
        return load(cls, folder / FOLDER) if (folder / FOLDER).is_dir() else None


def text_of(product: Mapping[str, Any]) -> str:
    """Return the words that a product is placed by."""
    return " ".join(texts(product).values())
