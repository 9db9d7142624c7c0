"""The label-free score against a loop."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.codes import hamming_distance
from ucch.data import Pairs
from ucch.training import Trainer
from ucch.training.validation import pair_rank_score


def test_equals_a_loop_over_ranks() -> None:
    trainer, pairs = Trainer(small_recipe(), small_pairs()), small_pairs(30, seed=3)
    trainer.train_epoch()
    image, text = trainer.model.encode_image(pairs.image), trainer.model.encode_text(pairs.text)
    ranks = []
    for asks, answers in ((image, text), (text, image)):
        for i, distances in enumerate(hamming_distance(asks, answers)):
            nearer = int(np.sum(distances < distances[i]))
            tied = int(np.sum(distances == distances[i]))
            ranks.append(nearer + (tied + 1) / 2)
    assert pair_rank_score(trainer.model, pairs) == pytest.approx(1 - (np.mean(ranks) - 1) / 29, abs=1e-12)


def test_one_pair_scores_1_and_alike_pairs_a_half() -> None:
    model = Trainer(small_recipe(), small_pairs()).model
    pairs = small_pairs(20)
    assert pair_rank_score(model, pairs.take([0])) == 1.0
    alike = Pairs(np.repeat(pairs.image[:1], 20, axis=0), np.repeat(pairs.text[:1], 20, axis=0))
    assert pair_rank_score(model, alike) == 0.5
