"""Towers without training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.baselines import CcaItq, StackedItq
from ucch.data import Pairs
from ucch.training.closed_form import closed_form_towers, sampled_features


@pytest.mark.parametrize("shared", [True, False])
def test_codes_are_those_of_the_baseline(shared: bool) -> None:
    pairs = aligned_pairs() if shared else small_pairs()
    image, text = sampled_features(small_recipe(), pairs)
    towers = closed_form_towers(image, text, 6, shared=shared, seed=3)
    baseline = (StackedItq if shared else CcaItq)(6, seed=3).fit(pairs.image, pairs.text)
    same = [
        float(((tower(rows) >= 0) == (outputs >= 0)).float().mean())
        for tower, rows, outputs in zip(
            towers,
            (image, text),
            (
                baseline.model.image_outputs(torch.from_numpy(np.asarray(pairs.image))),
                baseline.model.text_outputs(torch.from_numpy(np.asarray(pairs.text))),
            ),
            strict=True,
        )
    ]
    assert min(same) > 0.99
    assert (towers[0].last is towers[1].last) == shared
    assert towers[0].n_layers == 1


def test_more_bits_than_dimensions() -> None:
    image, text = sampled_features(small_recipe(), small_pairs())
    towers = closed_form_towers(image, text, 40, shared=False, seed=0)
    assert towers[0](image).shape == (100, 40)
    assert bool(towers[0](image).isfinite().all())


def test_a_sample_is_spread_evenly() -> None:
    rows = np.arange(50, dtype=np.float32)[:, None].repeat(3, axis=1)
    image, text = sampled_features(small_recipe("image_scaling=none", "text_scaling=none"), Pairs(rows, rows), most=20)
    assert image[:, 0].tolist() == text[:, 0].tolist() == list(range(0, 50, 3))
