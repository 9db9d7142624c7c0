from __future__ import annotations

import pytest
import torch

from ucch.metrics import quantization_gap


def test_codes_have_no_gap_whatever_their_length():
    codes = torch.where(torch.randn(6, 16, generator=torch.Generator().manual_seed(0)) >= 0, 1.0, -1.0)
    gap = quantization_gap(3 * codes, codes.flip(0))
    assert gap.entry == pytest.approx(0, abs=1e-15)
    assert gap.similarity == pytest.approx(0, abs=1e-15)


def test_gaps_equal_a_loop_over_entries_and_pairs():
    generator = torch.Generator().manual_seed(1)
    image, text = (torch.randn(5, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    gap = quantization_gap(image, text)
    unit = [[row / row.norm() for row in side] for side in (image, text)]
    entries = [abs(8**0.5 * abs(float(value)) - 1) for side in unit for row in side for value in row]
    assert gap.entry == pytest.approx(sum(entries) / len(entries), abs=1e-14)
    pairs = []
    for first in unit[0]:
        for second in unit[1]:
            agreement = sum(1 if (a >= 0) == (b >= 0) else -1 for a, b in zip(first, second, strict=True))
            pairs.append(abs(float(first @ second) - agreement / 8))
    assert gap.similarity == pytest.approx(sum(pairs) / len(pairs), abs=1e-14)


def test_one_hot_rows_are_as_far_as_it_gets():
    image = torch.eye(4)
    assert quantization_gap(image, image).entry == pytest.approx((3 * 1 + (4**0.5 - 1)) / 4, abs=1e-15)


def test_wrong_outputs_are_named():
    good, bad = torch.ones(3, 4), torch.ones(3, 4)
    bad[1, 2] = float("nan")
    with pytest.raises(ValueError, match="text must be finite, got NaN or infinity in row 1"):
        quantization_gap(good, bad)
    with pytest.raises(ValueError, match=r"image and text must have the same shape, got \(3, 4\) and \(2, 4\)"):
        quantization_gap(good, good[:2])
    with pytest.raises(ValueError, match=r"image must have two dimensions, got shape \(4,\)"):
        quantization_gap(good[0], good[0])
