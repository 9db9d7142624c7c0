"""NDCG of judged items: a closed form, every order of ties, trec_eval."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
import pytrec_eval

from ucch.metrics import DistanceHistograms, distance_histograms, judged_ndcg, ndcg_at

Numbers = npt.NDArray[np.float64]


def by_hand(order: list[int], gain: dict[int, float], n: int) -> float:
    reached = sum(gain.get(item, 0) / math.log2(place + 2) for place, item in enumerate(order[:n]))
    best = sum(g / math.log2(place + 2) for place, g in enumerate(sorted(gain.values(), reverse=True)[:n]))
    return reached / best


def test_one_item_gains_by_its_place() -> None:
    scores = -np.arange(20.0)
    for place in range(20):
        expected = 1 / math.log2(place + 2) if place < 10 else 0
        assert judged_ndcg(scores, np.array([place]), np.ones(1)) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
def test_it_is_the_mean_over_every_order_of_ties(n: int) -> None:
    scores = np.array([2, 1, 1, 1, 0, 0])
    gain = {0: 1.0, 2: 3.0, 3: 1.0, 5: 2.0}
    orders = [
        [0, *middle, *last] for middle in itertools.permutations([1, 2, 3]) for last in itertools.permutations([4, 5])
    ]
    expected = np.mean([by_hand(order, gain, n) for order in orders])
    judged = np.array(list(gain))
    assert judged_ndcg(scores, judged, np.array(list(gain.values())), n) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_it_is_what_trec_eval_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, judged = rng.permutation(50).astype(float), rng.choice(50, 12, replace=False)
    gains = rng.integers(0, 4, 12).astype(float)
    qrels = {"q": {str(item): int(g) for item, g in zip(judged, gains, strict=True)}}
    run = {"q": {str(item): float(score) for item, score in enumerate(scores)}}
    expected = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)["q"]["ndcg_cut_10"]
    assert judged_ndcg(scores, judged, gains) == pytest.approx(expected)


def test_with_gains_of_one_it_is_that_of_labels() -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 256, (60, 1), dtype=np.uint8), rng.integers(0, 3, 60)
    histograms: DistanceHistograms = distance_histograms(codes[:5], codes[5:], labels[:5], labels[5:], 8, graded=True)
    distances = np.unpackbits(codes[:5, None] ^ codes[None, 5:], axis=2).sum(2)
    mine = [
        judged_ndcg(-far.astype(int), np.flatnonzero(labels[5:] == label), np.ones((labels[5:] == label).sum()))
        for far, label in zip(distances, labels[:5], strict=True)
    ]
    assert mine == pytest.approx(ndcg_at(histograms, 10).tolist())


def test_nothing_relevant_is_nothing_and_what_is_not_listed_gains_nothing() -> None:
    assert judged_ndcg(np.arange(3), np.array([1]), np.zeros(1)) == 0
    assert judged_ndcg(np.arange(3), np.array([], np.int64), np.zeros(0)) == 0
    scores = np.array([1.0, -np.inf])
    assert judged_ndcg(scores, np.array([1]), np.ones(1)) == 0
    assert judged_ndcg(scores, np.array([0, 1]), np.ones(2)) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    with pytest.raises(ValueError, match="n must be an int of at least 1"):
        judged_ndcg(scores, np.array([0]), np.ones(1), 0)
