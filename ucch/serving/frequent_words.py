"""Words to begin a search with, out of the texts of a collection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["frequent_words"]

WORD = r"[^\W\d_]{3,}"


def frequent_words(texts: Sequence[Sequence[str]], n_words: int) -> list[str]:
    """Content words that stand often in the texts, each counted over the items that hold none of those before it.

    English function words and words in more than half of the items are left out: they say nothing of an item. Of words
    that stand equally often, the first in the alphabet is taken. Costs a pass over the texts and, for each word given,
    one over what was counted.

    Args:
        texts: the texts of each item.
        n_words: how many are wanted; fewer come back where the texts hold no more.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(stop_words="english", token_pattern=WORD, max_df=0.5)
    try:
        counts = counter.fit_transform(" ".join(own) for own in texts)
    except ValueError:  # no word is left
        return []
    names, chosen = counter.get_feature_names_out(), []
    left = np.ones(counts.shape[0], dtype=np.int64)
    for _ in range(n_words):
        totals = left @ counts
        best = int(np.argmax(totals))
        if not totals[best]:
            break
        chosen.append(str(names[best]))
        left[counts[:, [best]].toarray().ravel() > 0] = 0
    return chosen
