"""Whether new pairs are of the kind a run was trained on."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.training.kit import small_recipe
from ucch.data import Pairs
from ucch.errors import DataError
from ucch.models import HashModel
from ucch.training import Trainer
from ucch.training.growing import measured_drift
from ucch.training.growing.drift import Drift, KeptOf, _lost


def pairs(n: int, seed: int, mixing: int = 1) -> Pairs:
    """Items of six hidden numbers, which both sides show by maps that ``mixing`` draws."""
    hidden = np.random.default_rng(seed).normal(size=(n, 6))
    maps = np.random.default_rng(mixing)
    noise = np.random.default_rng(seed + 1)
    image, text = (hidden @ maps.normal(size=(6, width)) + 0.1 * noise.normal(size=(n, width)) for width in (12, 10))
    return Pairs(image, text)


@cache
def model() -> HashModel:
    trainer = Trainer(small_recipe("goal=both", "bits=24", "neighbor_batch=64", "hidden_width=8"), pairs(300, 0))
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    return trainer.finished_model()


def test_pairs_of_the_same_kind_are_no_drift() -> None:
    drift = measured_drift(model(), pairs(300, 0), pairs(150, 5), pairs(150, 7))
    assert drift.advice == "grow"
    assert drift.earlier.n_pairs == drift.new.n_pairs == 150
    assert drift.gallery == 300
    assert abs(drift.earlier.partners - drift.new.partners) < 4 * drift.earlier.partners_error
    assert "ucch train --continue will do" in str(drift)


def test_pairs_that_hang_together_otherwise_are_a_drift() -> None:
    drift = measured_drift(model(), pairs(300, 0), pairs(150, 5), pairs(150, 7, mixing=2))
    assert drift.advice == "retrain"
    assert drift.new.partners < drift.earlier.partners / 2
    assert drift.as_dict()["text"] == str(drift)


@pytest.mark.parametrize(
    ("after", "error", "lost"), [(0.40, 0.01, True), (0.46, 0.01, False), (0.40, 0.05, False), (0.60, 0.01, False)]
)
def test_a_drift_is_a_tenth_and_sure(after: float, error: float, lost: bool) -> None:
    before, new = KeptOf(0.5, error, 0.5, error, 9), KeptOf(after, error, 0.5, error, 9)
    assert _lost(before, new, "neighbors") is lost
    assert not _lost(before, new, "partners")


def test_figures_have_their_standard_errors() -> None:
    kept = KeptOf.of(np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert (kept.neighbors, kept.partners, kept.partners_error, kept.n_pairs) == (0.5, 1.0, 0.0, 4)
    assert kept.neighbors_error == pytest.approx(np.sqrt(1 / 3) / 2)


def test_few_pairs_and_other_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="new must hold at least 20 complete pairs, got 19; a drift needs more"):
        measured_drift(model(), pairs(300, 0), pairs(50, 5), pairs(19, 7))
    other = pairs(50, 7)
    with pytest.raises(DataError, match="image must have 12 columns"):
        measured_drift(model(), pairs(300, 0), pairs(50, 5), Pairs(other.image[:, :4], other.text))


def test_it_is_plain_values() -> None:
    kept = KeptOf(0.5, 0.1, 0.5, 0.1, 9)
    said = Drift(kept, kept, 30, "grow").as_dict()
    assert said["earlier"] == {
        "neighbors": 0.5, "neighbors_error": 0.1, "partners": 0.5, "partners_error": 0.1, "n_pairs": 9,
    }  # fmt: skip
