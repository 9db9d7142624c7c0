"""``bi-half``: balanced codes in training, and the same codes from the finished model."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer
from ucch.training.strategies import Batch


def test_the_running_threshold_is_in_the_bias_of_the_finished_model() -> None:
    trainer = Trainer(small_recipe("optimizer=bi-half"), small_pairs())
    for _ in range(3):
        trainer.train_epoch()
    model, query = trainer.finished_model(), trainer.strategy.query
    assert query.threshold.abs().max() > 0
    x = torch.from_numpy(small_pairs().image)
    expected = trainer.model.image_outputs(x) - query.threshold[0]
    torch.testing.assert_close(model.image_outputs(x), expected, atol=1e-5, rtol=0)


def test_encoded_training_pairs_are_nearly_balanced() -> None:
    """Without the threshold a bit whose outputs lie on one side of 0 would be dead."""
    trainer = Trainer(small_recipe("optimizer=bi-half", "epochs=20"), small_pairs())
    for _ in range(20):
        trainer.train_epoch()
    codes = np.unpackbits(trainer.finished_model().encode_image(small_pairs().image), axis=1, count=12)
    assert np.abs(codes.mean(axis=0) - 0.5).max() < 0.2


def test_table_codes_of_a_batch_split_it_in_halves_when_the_threshold_is_shared() -> None:
    settings = ("optimizer=bi-half", "bi_half.shared=true", "warmup_epochs=0")
    strategy = Trainer(small_recipe(*settings), small_pairs()).strategy
    generator = torch.Generator().manual_seed(0)
    u_image, u_text = (torch.randn(32, 12, generator=generator) + 2 for _ in range(2))
    h_image, h_text = strategy.activate(u_image, u_text)
    u, h = {"image": u_image, "text": u_text}, {"image": h_image, "text": h_text}
    batch = Batch(torch.arange(32), views={}, u=u, h=h)
    strategy.update(batch, strategy.keys(batch))
    assert strategy.bank.codes(batch.index).sum(dim=0).tolist() == [0] * 12
