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


def test_captions_look_for_their_image_and_images_for_any_caption() -> None:
    trainer, pairs = Trainer(small_recipe(), small_pairs()), small_pairs(10, seed=3)
    owner = np.repeat(np.arange(10), 2)
    captioned = Pairs(pairs.image, small_pairs(20, seed=4).text, image_of_text=owner)
    image, text = trainer.model.encode_image(captioned.image), trainer.model.encode_text(captioned.text)
    rng, distances, scores = np.random.default_rng(0), hamming_distance(image, text), []
    for table, mine, theirs in ((distances, np.arange(10), owner), (distances.T, owner, np.arange(10))):
        ranks = [
            1 + np.argmax(theirs[np.argsort(row + rng.random((4000, len(row))) / 2, axis=1)] == mine[i], axis=1)
            for i, row in enumerate(table)
        ]
        scores.append((1 / np.array(ranks)).mean())
    assert pair_score(trainer.model, captioned) == pytest.approx(np.mean(scores), abs=5e-3)
