"""The trade between recall, time and bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import DataError
from ucch.retrieval.trade import TradePoint, draw_trade, measure_trade

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(40, 20))
FEATURES = CENTRES[RNG.integers(0, 40, 1500)] + 0.3 * RNG.normal(size=(1500, 20))
ASKED = CENTRES[RNG.integers(0, 40, 50)] + 0.3 * RNG.normal(size=(50, 20))


@pytest.fixture(scope="module")
def points() -> dict[str, TradePoint]:
    codes = [np.packbits(side[:, :16] >= 0, axis=1) for side in (FEATURES, ASKED)]
    ways = measure_trade(codes[0], codes[1], 16, FEATURES, ASKED, query_outputs=ASKED[:, :16])
    return {point.name: point for point in ways}


def test_the_exact_search_is_the_truth(points: dict[str, TradePoint]) -> None:
    assert points["float, exact"].recall == 1
    assert points["float, exact"].bytes == 80


def test_re_ranking_more_finds_more_and_costs_the_features_it_keeps(points: dict[str, TradePoint]) -> None:
    for name in ("codes", "plain sign"):
        recalls = [points[name].recall, *(points[f"{name}, {r} re-ranked"].recall for r in (20, 50, 100, 200))]
        assert recalls == sorted(recalls)
        assert recalls[-1] > recalls[0] + 0.2
        assert (points[name].bytes, points[f"{name}, 50 re-ranked"].bytes) == (2, 2 + 20 + 4)


def test_the_real_query_finds_more_in_the_same_bytes(points: dict[str, TradePoint]) -> None:
    for name in ("codes", "plain sign"):
        assert points[f"{name}, real query"].recall > points[name].recall
        assert points[f"{name}, real query"].bytes == 2


def test_quantizers_have_the_bytes_of_a_code(points: dict[str, TradePoint]) -> None:
    for name in ("PQ", "OPQ"):
        assert points[name].bytes == 2
        assert 0 < points[name].recall < 1


def test_it_is_drawn(points: dict[str, TradePoint], tmp_path: Path) -> None:
    draw_trade(list(points.values()), tmp_path / "trade.png")
    assert (tmp_path / "trade.png").read_bytes().startswith(b"\x89PNG")


def test_codes_and_features_must_belong_together() -> None:
    with pytest.raises(DataError, match="codes and features must have the same rows, got 3 and 1500"):
        measure_trade(random_codes(3, 16), random_codes(50, 16), 16, FEATURES, ASKED)
