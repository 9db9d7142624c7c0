"""The graph."""

from __future__ import annotations

from tests.retrieval.kit import random_codes
from ucch.retrieval import BinaryIndex, tie_aware_recall


def test_a_thorough_walk_finds_nearly_all_and_a_hasty_one_less() -> None:
    codes, queries = random_codes(3000, 64), random_codes(50, 64, seed=1)
    exact = BinaryIndex.build(codes, 64).search(queries, 10)
    index = BinaryIndex.build(codes, 64, kind="hnsw", parameters={"links": 8, "ef_build": 20}, reproducible=True)
    recalls = []
    for ef in (16, 2000):
        index.set("ef", ef)
        recalls.append(float(tie_aware_recall(index.search(queries, 10), exact).mean()))
    assert recalls[0] < recalls[1]
    assert recalls[1] > 0.95
    assert index.parameters == {"links": 8, "ef_build": 20, "ef": 2000}
