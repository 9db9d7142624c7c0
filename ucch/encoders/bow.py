"""Bag of words: the most frequent words of the training texts, there or not, or weighted by tf-idf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import EncoderError
from .fingerprint import fingerprint
from .interface import Features

__all__ = ["BowEncoder"]

DEFAULT_WORDS = 2000


class BowEncoder:
    """Encode texts by the words in them, over a vocabulary learnt from the training texts.

    Words are scikit-learn's: lower case, two letters or digits or more. ``binary`` gives 1 where a word occurs,
    ``tfidf`` scikit-learn's smoothed tf-idf with rows of unit length. What was learnt is words and numbers, kept as
    JSON; no object of scikit-learn is stored.

    Args:
        setting: ``WORDS``, ``WORDS,binary`` or ``WORDS,tfidf``: how many of the most frequent words to keep, 2,000 by
            default (the published sets keep 1,000 to 2,912), and the weighting, binary by default.

    Raises:
        EncoderError: the setting does not read so.

    Example:
        >>> bow = BowEncoder("2")
        >>> bow.fit(["a dog runs", "two dogs and a dog", "a cat runs"])
        >>> bow.words, bow.encode(["the dog", "dog runs dog"]).tolist()
        (['dog', 'runs'], [[1.0, 0.0], [1.0, 1.0]])
    """

    name = "bow"

    def __init__(self, setting: str = "") -> None:
        words, _, weighting = setting.partition(",")
        self.weighting = weighting.strip() or "binary"
        if not (words.strip() or str(DEFAULT_WORDS)).isdecimal() or self.weighting not in ("binary", "tfidf"):
            raise EncoderError(f"bow must read bow:WORDS, bow:WORDS,binary or bow:WORDS,tfidf, got 'bow:{setting}'")
        self.n_words = int(words.strip() or DEFAULT_WORDS)
        if self.n_words < 1:
            raise EncoderError(f"bow must keep at least 1 word, got 'bow:{setting}'")
        self.words: list[str] = []
        self.idf: list[float] = []

    @property
    def dimension(self) -> int:
        """Words kept: at most the number asked for; 0 before :meth:`fit`."""
        return len(self.words)

    @property
    def digest(self) -> str:
        """Fingerprint of weighting, words and their weights."""
        return fingerprint({"encoder": "bow", "weighting": self.weighting, "words": self.words, "idf": self.idf})

    def fit(self, texts: Sequence[str]) -> None:
        """Learn the vocabulary, in alphabetical order, and the words' weights.

        Raises:
            EncoderError: the texts hold no word.
        """
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

        counter = CountVectorizer(max_features=self.n_words)
        try:
            counts = counter.fit_transform(texts)
        except ValueError as error:
            raise EncoderError(f"bow finds no word in the {len(texts)} training texts: {error}") from error
        self.words = counter.get_feature_names_out().tolist()
        if self.weighting == "tfidf":
            self.idf = TfidfTransformer().fit(counts).idf_.tolist()

    def encode(self, batch: Sequence[str]) -> Features:
        """Encode B texts into (B, words) float32; a text without a known word becomes zeros.

        Raises:
            EncoderError: before :meth:`fit`.
        """
        if not self.words:
            raise EncoderError("bow has no vocabulary yet; it is learnt from training texts, or comes with a run")

        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

        binary = self.weighting == "binary"
        counter = CountVectorizer(vocabulary=self.words, binary=binary)
        counts = counter.transform(batch)
        if not binary:
            transformer = TfidfTransformer()
            transformer.idf_ = np.asarray(self.idf)
            counts = transformer.transform(counts)
        return np.asarray(counts.toarray(), dtype=np.float32)

    def state(self) -> dict[str, Any]:
        """Words and weights."""
        return {"words": self.words, "idf": self.idf}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take words and weights from :meth:`state`."""
        self.words, self.idf = list(state["words"]), [float(weight) for weight in state["idf"]]
