"""Recall where distances tie."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.retrieval import Hits, tie_aware_recall


def hits(*queries: list[int]) -> Hits:
    flat = [distance for query in queries for distance in query]
    return Hits(np.arange(len(flat)), np.array(flat, np.int32), np.cumsum([0, *map(len, queries)]))


def test_worked_by_hand() -> None:
    exact = hits([1, 2, 2, 3], [0, 0], [], [5])
    found = hits([1, 3, 3, 4], [0], [], [])
    assert tie_aware_recall(found, exact).tolist() == [0.75, 0.5, 1.0, 0.0]


def test_the_exact_answer_is_complete_whatever_ids_it_took() -> None:
    assert tie_aware_recall(hits([1, 4, 4]), hits([1, 4, 4])).tolist() == [1.0]


def test_another_number_of_queries_is_refused() -> None:
    with pytest.raises(ValueError, match="found and exact must answer the same queries, got 1 and 2"):
        tie_aware_recall(hits([1]), hits([1], [2]))
