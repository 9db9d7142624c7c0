"""``quantization``: a penalty after warm-up, on sqrt(D) times the unit outputs."""

from __future__ import annotations

import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.losses.quantization import WEIGHTS
from ucch.training import Trainer


@pytest.mark.parametrize("kind", sorted(WEIGHTS))
def test_penalty_starts_after_warm_up_with_the_weight_of_its_source(kind: str) -> None:
    trainer = Trainer(small_recipe("optimizer=quantization", f"kind={kind}"), small_pairs())
    assert trainer.train_epoch().penalty == 0
    assert trainer.train_epoch().penalty > 0
    assert trainer.strategy.loss.weight == WEIGHTS[kind]


def test_a_heavy_penalty_closes_the_quantisation_gap() -> None:
    cosines = []
    for weight in (0.0, 5.0):
        settings = ("optimizer=quantization", f"quantization.weight={weight}", "epochs=20", "learning_rate=.003")
        trainer = Trainer(small_recipe(*settings), small_pairs())
        cosines.append([trainer.train_epoch() for _ in range(20)][-1].key_cosine)
    assert cosines[1] > cosines[0]
