"""The table at the codes of the start."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.codes import sign
from ucch.data import Pairs
from ucch.training import Trainer


@pytest.mark.parametrize("optimizer", ["momentum", "rotation", "bop", "itq", "discrete"])
def test_rows_are_the_signs_of_the_mean_output(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.training.start_table._PAIRS", 7)
    pairs = aligned_pairs(60)
    trainer = Trainer(small_recipe(f"optimizer={optimizer}", "goal=categories", "start=closed-form"), pairs)
    model = trainer.model
    image, text = (torch.from_numpy(np.asarray(rows)) for rows in (pairs.image, pairs.text))
    with torch.no_grad():
        expected = sign(model.image_outputs(image) + model.text_outputs(text))
    assert torch.equal(trainer.bank.codes(), expected)
    assert model.image_tower.n_layers == 1
    assert trainer.bank.latent.abs().unique().numel() == 1
    trainer.train_epoch()
    assert trainer.finished_model().n_bits == 12


def test_the_first_caption_counts() -> None:
    pairs = aligned_pairs(40)
    texts = np.repeat(pairs.text, 2, axis=0)
    texts[1::2] = 0
    captions = Pairs(pairs.image, texts, image_of_text=np.repeat(np.arange(40), 2))
    trainer = Trainer(small_recipe("goal=neighbors"), captions)
    with torch.no_grad():
        outputs = trainer.model.image_outputs(torch.from_numpy(np.asarray(captions.image)))
        outputs = outputs + trainer.model.text_outputs(torch.from_numpy(texts[::2]))
    assert torch.equal(trainer.bank.codes(), sign(outputs))


def test_a_random_start_leaves_the_table_as_it_is_drawn() -> None:
    trainer = Trainer(small_recipe(), small_pairs())
    assert set(trainer.strategy.moved().values()) == {0}
