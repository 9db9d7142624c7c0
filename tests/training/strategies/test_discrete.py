"""``discrete``: keys change between epochs only, towards a target that reads no label."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.training import Trainer
from ucch.training.strategies.discrete import fused_components


def test_target_is_the_projection_on_principal_components() -> None:
    pairs = small_pairs()
    rows = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (pairs.image, pairs.text)]
    fused = np.concatenate(rows, axis=1)
    centred = fused - fused.mean(axis=0)
    target = fused_components(pairs, 3).numpy()
    values = np.linalg.svd(centred, compute_uv=False)[:3]
    np.testing.assert_allclose(np.linalg.norm(target, axis=0), values, rtol=1e-5)
    assert fused_components(pairs, 64).shape == (100, 13)  # no more than there are


def test_a_row_of_zeros_has_no_length_to_divide_by() -> None:
    pairs = small_pairs()
    image = pairs.image.copy()
    image[3] = 0
    assert torch.isfinite(fused_components(Pairs(image, pairs.text), 4)).all()


def test_keys_change_between_epochs_only() -> None:
    trainer = Trainer(small_recipe("optimizer=discrete"), small_pairs())
    codes = []
    start = trainer.strategy.epoch_start

    def watch(epoch: int) -> None:
        start(epoch)
        codes.append(trainer.bank.codes())

    trainer.strategy.epoch_start = watch  # type: ignore[method-assign]
    trainer.train_epoch(lambda _: codes.append(trainer.bank.codes()))
    assert all(torch.equal(one, codes[0]) for one in codes)
    assert not torch.equal(trainer.bank.codes(), codes[0])
    assert set(trainer.bank.codes().unique().tolist()) == {-1.0, 1.0}


def test_every_row_counts_as_touched_once_per_epoch() -> None:
    stats = Trainer(small_recipe("optimizer=discrete"), small_pairs()).train_epoch()
    assert stats.rows_touched == 1.0
