"""DJSRH in the loop: its cost from its parts, codes that learn without labels."""

from __future__ import annotations

import torch

from tests.training.kit import small_pairs
from tests.training.objectives.kit import batch_of, trainer_of
from ucch.data import Pairs
from ucch.teachers import djsrh_similarity
from ucch.teachers.cosines import cosines

ROWS = torch.arange(20)


def test_equals_its_parts() -> None:
    trainer = trainer_of("djsrh", "djsrh.image_weight=0.3", "djsrh.own_weight=0.2")
    batch = batch_of(trainer, ROWS)
    s = djsrh_similarity(batch.image, batch.text, image_weight=0.3).float()
    i, t = batch.h_image, batch.h_text
    parts = [(cosines(a, b) - s).square().mean() for a, b in ((i, i), (i, t), (t, t))]
    assert trainer.objective is not None
    torch.testing.assert_close(trainer.objective(batch, trainer.strategy), 0.2 * (parts[0] + parts[2]) + parts[1])


def test_it_learns_from_pairs_without_labels_and_adds_no_loss_of_ucch() -> None:
    pairs = small_pairs()
    trainer = trainer_of("djsrh", "epochs=8", "learning_rate=3e-3", pairs=Pairs(pairs.image, pairs.text))
    epochs = [trainer.train_epoch() for _ in range(8)]
    assert epochs[-1].objective < 0.7 * epochs[0].objective
    assert all(stats.contrastive == stats.ranking == 0 for stats in epochs)
