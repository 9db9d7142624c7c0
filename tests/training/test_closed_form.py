"""Towers without training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.baselines import CcaItq, StackedItq
from ucch.data import Pairs
from ucch.training.closed_form import closed_form_towers, sampled_features, start_features


@pytest.mark.parametrize("shared", [True, False])
def test_codes_are_those_of_the_baseline(shared: bool) -> None:
    pairs = aligned_pairs() if shared else small_pairs()
    image, text = sampled_features(small_recipe(), pairs)
    towers = closed_form_towers((image, text), 6, shared=shared, seed=3)
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
    towers = closed_form_towers((image, text), 40, shared=False, seed=0)
    assert towers[0](image).shape == (100, 40)
    assert bool(towers[0](image).isfinite().all())


def test_a_sample_is_spread_evenly() -> None:
    rows = np.arange(50, dtype=np.float32)[:, None].repeat(3, axis=1)
    image, text = sampled_features(small_recipe("image_scaling=none", "text_scaling=none"), Pairs(rows, rows), most=20)
    assert image[:, 0].tolist() == text[:, 0].tolist() == list(range(0, 50, 3))


def test_a_start_in_a_shared_space_takes_every_side_there_is() -> None:
    rng = np.random.default_rng(0)
    pairs = Pairs(rng.normal(size=(30, 4)), rng.normal(size=(30, 4)), text_seen=np.arange(30) < 20)
    sampled = sampled_features(small_recipe(), pairs)
    image, text = start_features(small_recipe(), pairs, sampled, shared=True)
    assert (len(image), len(text)) == (30, 20)
    assert start_features(small_recipe(), pairs, sampled, shared=False) is sampled
    assert [len(rows) for rows in sampled] == [20, 20]
    towers = closed_form_towers((image, text), 3, shared=True, seed=0)
    stacked = torch.cat([image - image.mean(dim=0), text - text.mean(dim=0)]).double()
    _, vectors = torch.linalg.eigh(stacked.T @ stacked / 50)
    leading = vectors[:, 1:]
    weight = towers[0].last.weight.double().T  # three directions, turned among themselves
    torch.testing.assert_close(leading @ (leading.T @ weight), weight, atol=1e-5, rtol=0)
