"""The label-free score against a loop."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.codes import hamming_distance
from ucch.data import Pairs
from ucch.training import Trainer
from ucch.training.validation import pair_score


def test_equals_a_loop_over_ranks() -> None:
    trainer, pairs = Trainer(small_recipe(), small_pairs()), small_pairs(30, seed=3)
    trainer.train_epoch()
    image, text = trainer.model.encode_image(pairs.image), trainer.model.encode_text(pairs.text)
    scores = []
    for asks, answers in ((image, text), (text, image)):
        for i, distances in enumerate(hamming_distance(asks, answers)):
            nearer = int(np.sum(distances < distances[i]))
            tied = int(np.sum(distances == distances[i]))
            scores.append(np.mean([1 / rank for rank in range(nearer + 1, nearer + tied + 1)]))
    assert pair_score(trainer.model, pairs) == pytest.approx(np.mean(scores), abs=1e-12)


def test_one_pair_scores_1_and_alike_pairs_their_share() -> None:
    model = Trainer(small_recipe(), small_pairs()).model
    pairs = small_pairs(4)
    assert pair_score(model, pairs.take([0])) == 1.0
    alike = Pairs(np.repeat(pairs.image[:1], 4, axis=0), np.repeat(pairs.text[:1], 4, axis=0))
    assert pair_score(model, alike) == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
