"""What every strategy must do in the training loop; a new one joins by its name in ``OPTIMIZERS``."""

from __future__ import annotations

import copy
import math
import typing

import numpy as np
import pytest
import torch

from tests.training.kit import small_dataset, small_pairs, small_recipe
from ucch.data import Pairs
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import Recipe, with_settings
from ucch.recipe.strategy_sections import OPTIMIZERS, OptimizerName
from ucch.training import STRATEGIES, Trainer

every = pytest.mark.parametrize("name", STRATEGIES)


def trainer_of(name: str, *settings: str, pairs: Pairs | None = None) -> Trainer:
    return Trainer(small_recipe(f"optimizer={name}", *settings), small_pairs() if pairs is None else pairs)


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, torch.Tensor) and isinstance(theirs, torch.Tensor):
        return ours.dtype == theirs.dtype and torch.equal(ours, theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    return ours == theirs


def test_the_registry_has_the_names_a_recipe_may_give_and_every_section_is_one() -> None:
    assert tuple(STRATEGIES) == OPTIMIZERS == typing.get_args(typing.get_args(OptimizerName)[0])
    sections = {strategy.section for strategy in STRATEGIES.values()} - {""}
    assert sections <= set(Recipe.model_fields)


@pytest.mark.parametrize("word", ["straight_through", "Straight-Through", "STRAIGHT-THROUGH"])
def test_names_are_forgiving(word: str) -> None:
    assert with_settings(Recipe(), [f"optimizer={word}"]).optimizer == "straight-through"


@every
def test_a_loaded_state_goes_on_bit_for_bit(name: str) -> None:
    through, stopped, resumed = (trainer_of(name) for _ in range(3))
    for _ in range(4):
        through.train_epoch()
    for _ in range(2):
        stopped.train_epoch()
    resumed.load_state_dict(copy.deepcopy(stopped.state_dict()))
    for _ in range(2):
        resumed.train_epoch()
    assert same(resumed.state_dict(), through.state_dict())
    assert same(resumed.finished_model().state_dict(), through.finished_model().state_dict())


@every
def test_labels_are_never_read_nor_the_global_generator(name: str) -> None:
    pairs = small_pairs()
    torch.manual_seed(1)
    with_labels = trainer_of(name)
    with_labels.train_epoch()
    torch.manual_seed(2)
    without = trainer_of(name, pairs=Pairs(pairs.image, pairs.text))
    without.train_epoch()
    assert same(with_labels.state_dict(), without.state_dict())


@every
@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_queries_are_unit_and_keys_constant_before_and_after_warm_up(name: str, negatives: str) -> None:
    trainer = trainer_of(name, f"negatives={negatives}", "n_negatives=10")
    seen = []
    activate, keys = trainer.strategy.activate, trainer.strategy.keys
    trainer.strategy.activate = lambda *u: seen.append(activate(*u)) or seen[-1]  # type: ignore[func-returns-value,assignment,return-value]
    trainer.strategy.keys = lambda batch: seen.append(keys(batch)) or seen[-1]  # type: ignore[func-returns-value,assignment,return-value]
    for _ in range(2):
        trainer.train_epoch()
    for h_image, h_text in seen[::2]:
        for h in (h_image, h_text):
            torch.testing.assert_close(h.norm(dim=1), torch.ones(len(h)))
    for drawn in seen[1::2]:
        assert not drawn.positives.requires_grad
        assert not drawn.negatives.requires_grad
        torch.testing.assert_close(drawn.positives.norm(dim=1), torch.full((32,), drawn.norm))
        if name != "none":
            assert set(drawn.positives.unique().tolist()) == {-1.0, 1.0}


@every
def test_it_learns_what_small_pairs_share(name: str) -> None:
    """Three classes: chance MAP is a third. Without a teacher, every strategy but bi-half must beat twice that."""
    trainer = trainer_of(name, "epochs=40", "learning_rate=0.003", "bits=16", "similarity=none")
    stats = [trainer.train_epoch() for _ in range(40)]
    report = evaluate(encode_dataset(trainer.finished_model(), small_dataset()))
    least = 1.4 if name == "bi-half" else 2.0  # three classes cannot be halved: every bit splits one of them
    assert report["map_mean"] > least * report["map_chance"]
    assert all(math.isfinite(figure) for line in stats for figure in line.as_dict().values())
    assert stats[-1].loss < stats[1].loss


@every
def test_bfloat16_trains_to_finite_figures(name: str) -> None:
    trainer = trainer_of(name, "precision=bfloat16")
    stats = [trainer.train_epoch() for _ in range(2)]
    assert all(math.isfinite(figure) for line in stats for figure in line.as_dict().values())


@every
def test_finishing_leaves_training_alone(name: str) -> None:
    trainer = trainer_of(name)
    trainer.train_epoch()
    before = copy.deepcopy(trainer.state_dict())
    first, second = trainer.finished_model(), trainer.finished_model()
    assert same(trainer.state_dict(), before)
    assert same(first.state_dict(), second.state_dict())


@every
def test_finished_codes_are_those_training_compares(name: str) -> None:
    """The finished model's plain signs must be the signs of the queries, thresholds and rotations included."""
    trainer = trainer_of(name)
    for _ in range(3):
        trainer.train_epoch()
    pairs, strategy = trainer.pairs, trainer.strategy
    model = trainer.finished_model()
    strategy.query.eval()
    with torch.no_grad():
        u = [f(torch.from_numpy(x)) for f, x in (
            (trainer.model.image_outputs, pairs.image), (trainer.model.text_outputs, pairs.text))]  # fmt: skip
        queries = strategy.activate(u[0], u[1])
    codes = (model.encode_image(pairs.image), model.encode_text(pairs.text))
    for h, packed in zip(queries, codes, strict=True):
        bits = np.unpackbits(packed, axis=1, count=12)
        assert np.mean(bits == (h.numpy() >= 0)) > 0.999


@every
def test_every_epoch_reports_its_health(name: str) -> None:
    trainer = trainer_of(name)
    stats = [trainer.train_epoch() for _ in range(3)]
    for line in stats:
        assert 0 <= line.flips_per_row <= 24  # a rotation may flip a bit once more
        assert line.rows_touched > 0
        assert 0 <= line.agreement <= 1
        assert 0 < line.key_cosine <= 1 + 1e-6
        assert 0 <= line.key_gap <= 2
    if name in ("straight-through", "greedy", "bi-half"):
        assert stats[-1].key_gap == pytest.approx(0, abs=1e-6)
        assert stats[-1].key_cosine == pytest.approx(1)
