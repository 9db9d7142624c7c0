"""Choosing by measurement."""

from __future__ import annotations

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.codes import PackedCodes, pack
from ucch.errors import DataError
from ucch.retrieval import BinaryIndex, CompactFeatures, tie_aware_recall, tune
from ucch.retrieval.tuning import Choice


def clustered(n: int, seed: int) -> PackedCodes:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).integers(0, 2, (30, 64))
    return pack(centres[rng.integers(0, 30, n)] ^ (rng.random((n, 64)) < 0.08))


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_the_first_setting_that_reaches_the_target_reaches_it_on_new_queries(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, new = clustered(4000, 1), clustered(200, 2)
    times = iter(range(1000, 0, -1))
    monkeypatch.setattr("ucch.retrieval.tuning._timed", lambda index, sample, k: (next(times), index.search(sample, k)))
    tuned = tune(codes, 64, 0.95, kinds=[kind])
    last = tuned.measured[-1]
    assert tuned.choice == last
    assert last.recall - 2 * last.error >= 0.95
    assert all(one.recall - 2 * one.error < 0.95 for one in tuned.measured[1:-1])
    assert (tuned.index.kind, tuned.index.parameters) == (kind, last.parameters)
    exact = BinaryIndex.build(codes, 64).search(new, 10)
    assert tie_aware_recall(tuned.index.search(new, 10), exact).mean() >= 0.95


@pytest.mark.parametrize("with_queries", [True, False])
def test_the_index_holds_every_code_with_its_id_and_features(
    with_queries: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(1000, 0, -1))
    monkeypatch.setattr("ucch.retrieval.tuning._timed", lambda index, sample, k: (next(times), index.search(sample, k)))
    codes, real = clustered(300, 1), np.random.default_rng(0).normal(size=(300, 4))
    queries = clustered(20, 2) if with_queries else None
    names = [f"n{number}" for number in range(300)]
    features = CompactFeatures.compress(real)
    tuned = tune(codes, 64, 0.5, queries=queries, kinds=["ivf"], ids=names, features=features, model="m", source="s")
    index = tuned.index
    assert (index.kind, len(index), index.model, index.source) == ("ivf", 300, "m", "s")
    assert (index.codes_of(names) == codes).all()
    hits = index.search_reranked(codes[5], real[5], 1, candidates=300)
    assert hits.ids.tolist() == ["n5"]


def test_the_fastest_that_is_good_enough_is_chosen() -> None:
    tuned = tune(clustered(2000, 1), 64, 0.9, queries=clustered(50, 2), kinds=["ivf", "multihash"])
    good = [one for one in tuned.measured if one.recall - 2 * one.error >= 0.9]
    assert tuned.choice == min(good, key=lambda one: one.milliseconds)
    assert tuned.measured[0] == Choice("flat", {}, 1.0, 0.0, tuned.measured[0].milliseconds)
    assert {one.kind for one in tuned.measured} == {"flat", "ivf", "multihash"}


def test_all_of_it_is_reached_by_the_exact_search_at_least() -> None:
    tuned = tune(random_codes(3000, 64), 64, 1.0, kinds=["multihash"])
    assert max(one.recall for one in tuned.measured[1:]) < 1
    assert tuned.index.kind == tuned.choice.kind == "flat"


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"recall must lie in \[0, 1\], got 95"):
        tune(random_codes(300, 64), 64, 95)
    with pytest.raises(DataError, match="tuning needs at least 20 codes or queries of its own, got 15 codes"):
        tune(random_codes(15, 64), 64, 0.9)
