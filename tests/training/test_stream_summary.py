"""What can be said of a run on a stream."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs
from tests.training.test_stream import recipe, shards
from ucch.data import Items, Pairs
from ucch.training import StreamTraining, train_stream
from ucch.training.guarantee import what_is_kept
from ucch.training.stream_summary import summary_of_stream, what_is_kept_unseen


def test_pairs_ask_one_another_and_training_does_not_notice() -> None:
    training = train_stream(shards(3), recipe())
    drawn, pairs = training.generator.get_state(), small_pairs(60, seed=9)
    found = what_is_kept_unseen(training, pairs)
    kept = what_is_kept(training.finished_model(), pairs, np.arange(60), shared=False)
    assert found == {"asked": 60, "neighbors": kept.neighbors, "partners": kept.partners}
    assert torch.equal(training.generator.get_state(), drawn)


def test_of_many_pairs_a_thousand_ask_and_of_one_view_half_of_them() -> None:
    training = train_stream(shards(1), recipe())
    assert what_is_kept_unseen(training, small_pairs(2500))["asked"] == 834  # every third
    rows = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    alone = StreamTraining(recipe("goal=neighbors", "neighbor_batch=32"), Items({"words": rows}))
    found = what_is_kept_unseen(alone, Items({"words": rows[:100]}))
    assert (found["asked"], found["partners"]) == (50, None)
    assert 0 < found["neighbors"] <= 1  # type: ignore[operator]


def test_what_the_towers_cannot_read_is_left_to_who_refuses_it() -> None:
    training, pairs = train_stream(shards(1), recipe()), small_pairs(60)
    few = Pairs(pairs.image[:39], pairs.text[:39])
    for other in (few, Pairs(pairs.image, pairs.image), Items({"image": pairs.image})):
        assert what_is_kept_unseen(training, other) == {}


@pytest.mark.parametrize("partners", [0.25, None])
def test_a_sentence_says_how_much_was_met_and_what_is_kept(partners: float | None) -> None:
    training = train_stream(shards(2), recipe())
    first = {"seconds": 1.0, "skipped": 1, "loss": 3.0, "agreement": 0.5, "learning_rate": 0.1, "file": "a.npz"}
    second = {**first, "loss": 2.0, "file": "b.npz", "asked": 100, "neighbors": 0.125, "partners": partners}
    said = summary_of_stream(training, [first, second])
    assert (said["shards"], said["pairs"], said["bits"], said["goal"]) == (2, 192, 12, "categories")
    assert (said["seconds"], said["skipped"], said["loss"], said["partners"]) == (2.0, 2, 2.0, partners)
    end = "" if partners is None else ", partners 0.250"
    assert said["text"] == (
        "2 shards, 192 pairs, each met once, in 2.0 s; of 100 pairs of b.npz, asked before they were trained on, codes"
        f" keep in ten: neighbours 0.125{end}"
    )
    assert summary_of_stream(training, [first])["text"] == "2 shards, 192 pairs, each met once, in 1.0 s"
