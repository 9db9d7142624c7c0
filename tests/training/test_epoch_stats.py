"""Health of a batch, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from ucch.optim import Keys
from ucch.training.epoch_stats import HEALTH, EpochStats, health


def test_health_by_hand() -> None:
    """D = 2. Image (.6, .8), text (.8, -.6), key (+1, +1)."""
    h_image, h_text = torch.tensor([[0.6, 0.8]]), torch.tensor([[0.8, -0.6]])
    keys = Keys(torch.ones(1, 2), torch.ones(1, 2), norm=math.sqrt(2))
    figures = dict(zip(HEALTH, map(float, health(h_image, h_text, keys=keys)), strict=True))
    assert figures["agreement"] == 0.5
    assert figures["key_cosine"] == pytest.approx(1.4 / math.sqrt(2))
    assert figures["key_agreement"] == 0.75
    # image: 1.4/sqrt 2 against 1; text: .2/sqrt 2 against 0
    assert figures["key_gap"] == pytest.approx((1 - 1.4 / math.sqrt(2) + 0.2 / math.sqrt(2)) / 2)


def test_codes_leave_no_gap() -> None:
    h = torch.tensor([[1.0, -1.0, 1.0, 1.0]]) / 2
    figures = dict(zip(HEALTH, map(float, health(h, h, keys=Keys(2 * h, 2 * h, norm=2.0))), strict=True))
    assert figures == {"agreement": 1.0, "key_cosine": 1.0, "key_gap": 0.0, "key_agreement": 1.0}


def test_items_that_lack_a_view_do_not_count() -> None:
    generator = torch.Generator().manual_seed(0)
    queries = [torch.nn.functional.normalize(torch.randn(6, 8, generator=generator), dim=1) for _ in range(2)]
    keys = Keys(torch.randn(6, 8, generator=generator).sign(), torch.ones(1, 8), norm=math.sqrt(8))
    seen = {"image": torch.tensor([True, True, False, True, True, True]), "text": torch.arange(6) > 0}
    inside = torch.tensor([1, 3, 4, 5])
    expected = health(*(h[inside] for h in queries), keys=Keys(keys.positives[inside], keys.negatives, norm=keys.norm))
    torch.testing.assert_close(health(*queries, keys=keys, seen=seen), expected)
    nobody = {**seen, "image": torch.zeros(6, dtype=torch.bool)}
    assert list(map(float, health(*queries, keys=keys, seen=nobody))) == [0, 0, 0, 0]


def test_a_line_of_history_has_every_figure() -> None:
    names = list(EpochStats.__dataclass_fields__)
    line = EpochStats(*range(len(names))).as_dict()
    assert list(line) == names
