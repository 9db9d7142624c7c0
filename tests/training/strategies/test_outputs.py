"""Outputs of all pairs."""

from __future__ import annotations

import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer
from ucch.training.strategies.outputs import pair_outputs


def test_they_are_the_outputs_of_the_towers() -> None:
    model, pairs = Trainer(small_recipe(), small_pairs()).model, small_pairs()
    image, text = pair_outputs(model, pairs)
    torch.testing.assert_close(image, model.image_outputs(torch.from_numpy(pairs.image)))
    torch.testing.assert_close(text, model.text_outputs(torch.from_numpy(pairs.text)))
    assert not image.requires_grad
