"""``itq``: one rotation for both modalities, folded into the last layers, fitted each epoch or at the end."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.optim import itq_error
from ucch.training import Trainer
from ucch.training.strategies.itq import fold_itq
from ucch.training.strategies.outputs import pair_outputs


def test_finished_outputs_are_the_rotated_outputs_of_both_modalities() -> None:
    trainer = Trainer(small_recipe("optimizer=itq"), small_pairs())
    for _ in range(3):
        trainer.train_epoch()
    rotation = trainer.strategy.rotation.matrix
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(12), atol=1e-5, rtol=0)
    plain, finished = (pair_outputs(model, small_pairs()) for model in (trainer.model, trainer.finished_model()))
    for before, after in zip(plain, finished, strict=True):
        torch.testing.assert_close(after, before @ rotation, atol=1e-4, rtol=0)


def test_refitting_rotates_the_table_with_the_outputs() -> None:
    """The table holds rotated values: after a refit its rows must be what observing rotated outputs would have left."""
    trainer = Trainer(small_recipe("optimizer=itq"), small_pairs())
    strategy = trainer.strategy
    before, matrix = trainer.bank.latent.detach().clone(), strategy.rotation.matrix.clone()
    strategy.optimizer.state[trainer.bank.latent]["flips"] = torch.tensor(0)
    strategy.epoch_end()
    unrotated = before @ matrix.T
    torch.testing.assert_close(trainer.bank.latent.detach(), unrotated @ strategy.rotation.matrix, atol=1e-5, rtol=0)


def test_at_the_end_outputs_are_centred_and_lose_less_by_their_signs() -> None:
    trainer = Trainer(small_recipe("optimizer=itq", "itq.at=end", "epochs=6"), small_pairs())
    for _ in range(6):
        trainer.train_epoch()
    before = torch.cat([u - u.mean(dim=0) for u in pair_outputs(trainer.model, small_pairs())])
    after = torch.cat(pair_outputs(trainer.finished_model(), small_pairs()))
    assert after.mean(dim=0).abs().max() < 1e-4
    eye = torch.eye(12)
    assert itq_error(after, eye) < itq_error(before, eye)


def test_folding_keeps_distances_between_outputs() -> None:
    model = Trainer(small_recipe(), small_pairs()).finished_model()
    image, text = pair_outputs(model, small_pairs())
    fold_itq(model, image, text)
    turned, _ = pair_outputs(model, small_pairs())
    ours, theirs = torch.cdist(turned, turned), torch.cdist(image, image)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
