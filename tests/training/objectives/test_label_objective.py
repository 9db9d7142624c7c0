"""What every objective with labels must do in the training loop."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.kit import SMALL, small_pairs
from tests.training.objectives.kit import NAMES, batch_of, labelled_pairs, trainer_of
from ucch.data import PairedDataset, Pairs
from ucch.errors import DataError
from ucch.evaluation import encode_dataset, evaluate
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.recipe.objective_names import LABELLED
from ucch.training import STRATEGIES, Trainer

every = pytest.mark.parametrize("name", NAMES)


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([part.detach().flatten() for part in [*trainer.parameters, trainer.bank.latent]])


def test_the_table_is_complete() -> None:
    assert set(NAMES) == LABELLED


def class_behind_content(n: int, seed: int) -> Pairs:
    """Pairs that agree on content far more than on their class, which the labels alone point at."""
    rng = np.random.default_rng(seed)
    label, content = rng.integers(0, 3, n), rng.normal(size=(n, 4))
    views = [np.concatenate([3 * content, np.eye(3)[label]], axis=1) + 0.1 * rng.normal(size=(n, 7)) for _ in range(2)]
    return Pairs(*views, np.eye(3, dtype=bool)[label])


@cache
def map_on_classes_behind_content(recipe: str) -> float:
    dataset = PairedDataset("behind", train=class_behind_content(200, 0), query=class_behind_content(40, 1))
    trainer = Trainer(load_recipe(recipe, [*SMALL, "epochs=20", "width=32", "learning_rate=5e-3"]), dataset.train)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    found: float = evaluate(encode_dataset(trainer.finished_model(), dataset))["map_mean"]
    return found


@every
def test_labels_are_learnt(name: str) -> None:
    assert map_on_classes_behind_content(name) > map_on_classes_behind_content("default") + 0.1


@every
@pytest.mark.parametrize("against", ["batch", "table"])
def test_unlabelled_rows_are_skipped(name: str, against: str) -> None:
    trainer = trainer_of(name, f"against={against}", "warmup_epochs=0", "quantization_weight=0")
    batch = batch_of(trainer, torch.arange(20))  # rows 0 and 10 are unlabelled
    assert trainer.objective is not None
    loss = trainer.objective(batch, trainer.strategy)
    gradients = torch.autograd.grad(loss, [batch.u_image, batch.u_text])
    for gradient in gradients:
        assert gradient[[0, 10]].abs().max().item() == 0.0
        assert (gradient.abs().sum(dim=1) > 0).sum().item() == 18


@every
def test_a_batch_without_any_label_costs_nothing_by_label(name: str) -> None:
    trainer = trainer_of(name, "quantization_weight=0")
    batch = batch_of(trainer, torch.tensor([0, 10, 20]))
    assert trainer.objective is not None
    assert trainer.objective(batch, trainer.strategy).item() == 0.0


@every
def test_against_the_table_keys_are_codes_of_labelled_rows(name: str) -> None:
    trainer = trainer_of(name, "against=table", "n_negatives=24")
    objective = trainer.objective
    assert objective is not None
    rows = torch.arange(1, 9)
    h = torch.randn(8, 12)
    directions = objective.comparisons(h, h, rows, trainer.strategy)
    assert all(one.key.shape == (8, 12) for one in directions)  # in warm-up the batch
    trainer.strategy.epoch_start(1)
    directions = objective.comparisons(h, h, rows, trainer.strategy)
    for one in directions:
        assert one.key.shape == (8 + 24, 12)
        assert torch.equal(one.key.abs(), torch.ones(32, 12))
        assert torch.equal(one.key[:8], trainer.bank.codes(rows))
        assert one.key_label.any(dim=1).all()
        assert not one.key.requires_grad


@every
@pytest.mark.parametrize("optimizer", STRATEGIES)
def test_every_optimizer_goes_with_every_objective(name: str, optimizer: str) -> None:
    settings = (f"optimizer={optimizer}", "against=table", "outputs=query", "epochs=2")
    trainer = trainer_of(name, *settings)
    for _ in range(2):
        stats = trainer.train_epoch()
    assert np.isfinite(stats.loss)
    assert stats.objective > 0
    model = trainer.finished_model()
    assert model.encode_image(trainer.pairs.image).shape == (100, 2)


@every
def test_a_loaded_state_goes_on_bit_for_bit(name: str) -> None:
    through, stopped = trainer_of(name), trainer_of(name)
    for _ in range(4):
        through.train_epoch()
    for _ in range(2):
        stopped.train_epoch()
    resumed = trainer_of(name)
    resumed.load_state_dict(copy.deepcopy(stopped.state_dict()))
    for _ in range(2):
        resumed.train_epoch()
    assert torch.equal(weights(resumed), weights(through))


@every
def test_the_losses_of_ucch_join_by_their_weight(name: str) -> None:
    alone, joined = (trainer_of(name, f"ucch_weight={weight}").train_epoch() for weight in (0, 2))
    assert (alone.contrastive, alone.ranking) == (0.0, 0.0)
    assert alone.loss == pytest.approx(alone.objective, rel=1e-6)
    expected = 2 * (0.7 * joined.contrastive + 0.3 * joined.ranking) + joined.objective
    assert joined.loss == pytest.approx(expected, rel=1e-5)


@every
def test_without_labels_it_is_refused_and_with_made_up_ones_it_runs(name: str) -> None:
    pairs = small_pairs()
    bare = Pairs(pairs.image, pairs.text)
    with pytest.raises(DataError, match=f"recipe {name} learns from labels"):
        trainer_of(name, pairs=bare)
    made_up = [trainer_of(name, "pseudo=kmeans", "n_clusters=8", pairs=p) for p in (bare, pairs)]
    for trainer in made_up:
        trainer.train_epoch()
    assert torch.equal(*(weights(trainer) for trainer in made_up))


@every
def test_the_finished_model_shares_nothing_and_is_saved(name: str, tmp_path: Path) -> None:
    trainer = trainer_of(name)
    trainer.train_epoch()
    model = trainer.finished_model()
    own = {p.data_ptr() for p in model.image_tower.parameters()}
    assert own.isdisjoint(p.data_ptr() for p in model.text_tower.parameters())
    model.save(tmp_path / "model.safetensors")
    again = HashModel.load(tmp_path / "model.safetensors")
    for encode in ("encode_image", "encode_text"):
        features = trainer.pairs.image if encode == "encode_image" else trainer.pairs.text
        assert np.array_equal(getattr(again, encode)(features), getattr(model, encode)(features))
    again.text_tower.shift_outputs(torch.full((12,), 100.0))
    assert np.array_equal(again.encode_image(trainer.pairs.image), model.encode_image(trainer.pairs.image))


def test_labels_stay_unread_without_an_objective() -> None:
    assert Trainer(load_recipe("default", SMALL), labelled_pairs()).objective is None
