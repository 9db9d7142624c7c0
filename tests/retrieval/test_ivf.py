"""Inverted lists."""

from __future__ import annotations

from tests.retrieval.kit import random_codes
from ucch.retrieval import BinaryIndex, tie_aware_recall
from ucch.retrieval.ivf import Ivf


def test_defaults_leave_39_codes_to_a_list() -> None:
    assert Ivf.defaults(10, 8) == {"nlist": 1, "nprobe": 1}
    assert Ivf.defaults(1_000_000, 8) == {"nlist": 4000, "nprobe": 250}


def test_more_probes_find_more_and_all_find_everything() -> None:
    codes, queries = random_codes(2000, 32), random_codes(50, 32, seed=1)
    exact = BinaryIndex.build(codes, 32).search(queries, 10)
    index = BinaryIndex.build(codes, 32, kind="ivf", reproducible=True)
    recalls = []
    for nprobe in (1, 8, 1000):
        index.set("nprobe", nprobe)
        recalls.append(float(tie_aware_recall(index.search(queries, 10), exact).mean()))
    assert recalls == sorted(recalls)
    assert recalls[0] < 0.9
    assert recalls[2] == 1
    assert index.parameters["nprobe"] == index.parameters["nlist"]
