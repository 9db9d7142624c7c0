from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st

from ucch.metrics import (
    HammingEvaluator,
    Protocol,
    chance_map,
    distance_histograms,
    mean_average_precision,
    mean_over_queries,
    ndcg_at,
    precision_at,
    recall_at,
)


def same(first, second):
    for name in ("counts", "relevant", "gains"):
        np.testing.assert_array_equal(getattr(first.histograms, name), getattr(second.histograms, name))


@given(st.integers(0, 10**6), st.lists(st.integers(0, 12), max_size=4), st.booleans())
def test_chunks_count_as_the_whole(case, seed, sizes, graded):
    query_codes, codes, query_labels, labels, n_bits = case(seed, n_items=48, n_bits=7).arguments()
    evaluator = HammingEvaluator(query_codes, query_labels, n_bits, graded=graded)
    start = 0
    for size in [*sizes, 48]:
        evaluator.update(codes[start : start + size], labels[start : start + size])
        start += size
    whole = distance_histograms(query_codes, codes, query_labels, labels, n_bits, graded=graded)
    np.testing.assert_array_equal(evaluator.histograms.counts, whole.counts)
    np.testing.assert_array_equal(evaluator.histograms.relevant, whole.relevant)


@given(st.integers(0, 10**6), st.integers(0, 30))
def test_shards_merge_to_the_whole(case, seed, cut):
    query_codes, codes, query_labels, labels, n_bits = case(seed, n_items=30, n_bits=7).arguments()
    first, second, whole = (HammingEvaluator(query_codes, query_labels, n_bits, graded=True) for _ in range(3))
    first.update(codes[:cut], labels[:cut])
    second.update(codes[cut:], labels[cut:])
    whole.update(codes, labels)
    second.merge(first)
    same(second, whole)
    if whole.histograms.n_relevant.any():
        assert second.compute() == pytest.approx(whole.compute(), abs=0, nan_ok=True)


def test_the_report_holds_the_means_of_the_pure_functions(case):
    drawn = case(4, n_queries=5, n_items=200, n_bits=9)
    evaluator = HammingEvaluator(*(drawn.arguments()[i] for i in (0, 2, 4)), graded=True)
    evaluator.update(*(drawn.arguments()[i] for i in (1, 3)))
    histograms = drawn.histograms(graded=True)
    protocol = Protocol(cutoff=30, ties="pessimistic", no_relevant="zero", denominator="retrieved")
    assert evaluator.compute(protocol, at=(5,)) == {
        "map": mean_average_precision(histograms, protocol),
        "map_chance": chance_map(histograms, protocol),
        "queries": 5.0,
        "database": 200.0,
        "precision_at_5": precision_at(histograms, 5, ties="pessimistic").mean(),
        "recall_at_5": mean_over_queries(recall_at(histograms, 5, ties="pessimistic")),
        "ndcg_at_5": mean_over_queries(ndcg_at(histograms, 5, ties="pessimistic")),
    }


def test_a_refused_chunk_leaves_no_trace(monkeypatch):
    monkeypatch.setattr("ucch.metrics.histograms._BLOCK", 2)
    codes = np.zeros((4, 1), np.uint8)
    evaluator = HammingEvaluator(codes, np.eye(4), 8)
    labels = np.eye(4)
    labels[3, 1] = np.nan
    with pytest.raises(ValueError, match="database_labels of shape .* must hold only 0 and 1, but row 1 holds nan"):
        evaluator.update(codes, labels)
    assert not evaluator.histograms.counts.any()


def test_other_queries_do_not_merge():
    codes, labels = np.zeros((3, 1), np.uint8), np.arange(3)
    evaluator = HammingEvaluator(codes, labels, 8)
    for other in (
        HammingEvaluator(codes + 1, labels, 8),
        HammingEvaluator(codes, labels + 1, 8),
        HammingEvaluator(codes, labels, 7),
        HammingEvaluator(codes, np.eye(3), 8),
        HammingEvaluator(codes, labels, 8, graded=True),
        HammingEvaluator(codes[:2], labels[:2], 8),
    ):
        with pytest.raises(ValueError, match=r"other must evaluate the same queries: codes, labels, n_bits and graded"):
            evaluator.merge(other)


def test_nothing_counted_is_said():
    evaluator = HammingEvaluator(np.zeros((1, 1), np.uint8), [0], 8)
    with pytest.raises(ValueError, match="nothing has been counted; call update with database codes first"):
        evaluator.compute()
    with pytest.raises(ValueError, match="use ucch.metrics.stable_average_precision"):
        evaluator.compute(Protocol(ties="stable"))


def test_without_a_process_group_reduce_changes_nothing(case):
    arguments = case(1).arguments()
    evaluator = HammingEvaluator(arguments[0], arguments[2], arguments[4])
    evaluator.update(arguments[1], arguments[3])
    before = evaluator.histograms.counts
    evaluator.reduce()
    np.testing.assert_array_equal(evaluator.histograms.counts, before)


OTHER_RANK = """
import sys
from datetime import timedelta
import numpy as np
import torch.distributed as dist
from ucch.metrics import HammingEvaluator

limit = timedelta(seconds=120)
dist.init_process_group("gloo", init_method=f"file://{sys.argv[1]}/meet", rank=1, world_size=2, timeout=limit)
data = np.load(f"{sys.argv[1]}/data.npz")
evaluator = HammingEvaluator(data["queries"], data["query_labels"], 24)
evaluator.update(data["codes"][1::2], data["labels"][1::2])
evaluator.reduce()
np.save(f"{sys.argv[1]}/relevant.npy", evaluator.histograms.relevant)
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_ranks_reduce_to_the_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    generator = np.random.default_rng(0)
    queries, codes = (generator.integers(0, 256, (rows, 3), dtype=np.uint8) for rows in (4, 51))
    query_labels, labels = generator.integers(0, 5, 4), generator.integers(0, 5, 51)
    np.savez(tmp_path / "data.npz", queries=queries, codes=codes, query_labels=query_labels, labels=labels)
    evaluator = HammingEvaluator(queries, query_labels, 24)
    evaluator.update(codes[::2], labels[::2])
    other = subprocess.Popen([sys.executable, "-c", OTHER_RANK, str(tmp_path)], stderr=subprocess.PIPE)
    limit = timedelta(seconds=120)
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=2, timeout=limit)
    try:
        evaluator.reduce()
    finally:
        dist.destroy_process_group()
    errors = other.communicate(timeout=120)[1]
    assert other.returncode == 0, errors.decode()
    whole = distance_histograms(queries, codes, query_labels, labels, 24)
    np.testing.assert_array_equal(evaluator.histograms.relevant, whole.relevant)
    np.testing.assert_array_equal(np.load(tmp_path / "relevant.npy"), whole.relevant)
