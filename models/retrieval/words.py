"""What items are like, word by word: TF-IDF and the cosine.

Source: Salton and Buckley, "Term-weighting approaches in automatic text retrieval" (Information
Processing & Management 1988). We depart from it in raising the cosine to a power, so that a few
items much like the user's outweigh many a little like them when scores are blended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items
from models.retrieval.recency import recent_interest


@dataclass
class WordsRetriever:
    """Score items by the words they share with what the user met last.

    Parameters
    ----------
    max_words
        Only so many of the most frequent words count.
    memory_events
        Among the asking user's events, weights fall to 1/e over so many.
    sharpness
        The cosine counts to this power.
    """

    max_words: int = 20_000
    memory_events: float = 4.0
    sharpness: float = 4.0
    words_by_item_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    items_by_word_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    known_: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Weigh the words; what users did plays no part."""
        self.words_by_item_ = weighted_words(items.documents, self.max_words)
        self.items_by_word_ = self.words_by_item_.T.tocsr()
        self.known_ = np.diff(self.words_by_item_.indptr) > 0
        return self

    def score(self, histories: Histories) -> Scores:
        """Return powers of the cosine to each user's faded mean item, 0 to 1."""
        if not len(histories):
            return np.empty((0, histories.n_items), np.float32)
        interest = recent_interest(histories, self.memory_events)
        wanted = normalize(interest @ self.words_by_item_)
        scores = (wanted @ self.items_by_word_).toarray() ** self.sharpness
        scores[np.diff(wanted.indptr) == 0] = -np.inf
        scores[:, ~self.known_] = -np.inf
        return np.asarray(scores, np.float32)


def weighted_words(documents: Sequence[str], max_words: int) -> csr_matrix:
    """Return the texts' TF-IDF at length 1, shape (n, n_words); one empty word if there is none."""
    # A word that most items have tells nothing; with a handful of items it may.
    max_df = 0.5 if len(documents) > 9 else 1.0
    words = TfidfVectorizer(max_features=max_words, sublinear_tf=True, max_df=max_df)
    try:
        return words.fit_transform(documents).astype(np.float32)
    except ValueError:  # scikit-learn's only word for texts without a usable word
        return csr_matrix((len(documents), 1), dtype=np.float32)


def common_words(documents: Sequence[str], min_items: int) -> csr_matrix:
    """Return 1 where a text has a word that enough texts and at most half have, shape (n, n_words).

    One empty word if there is none.
    """
    words = CountVectorizer(min_df=min_items, max_df=0.5, binary=True)
    try:
        return words.fit_transform(documents).astype(np.float32)
    except ValueError:  # scikit-learn's only word for texts without a usable word
        return csr_matrix((len(documents), 1), dtype=np.float32)
