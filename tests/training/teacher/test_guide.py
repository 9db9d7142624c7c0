"""Ways of guiding, as functions and in a step."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.objectives.kit import batch_of
from ucch.losses import contrastive_hashing_loss
from ucch.teachers import Teacher
from ucch.training import Trainer
from ucch.training.strategies import Batch
from ucch.training.teacher.guide import Guide, soft_targets, structure_loss, without_likely_positives

OFF = ("target_weight=0", "ranking_weight=0", "negatives_weight=0", "closeness_weight=0")


def label_teacher() -> Teacher:
    """A teacher that knows the classes."""
    label = small_pairs().label
    assert label is not None
    return Teacher("made", torch.from_numpy(label).float())


def trainer(*settings: str) -> Trainer:
    return Trainer(small_recipe("warmup_epochs=0", *OFF, *settings), small_pairs(), teacher=label_teacher())


def test_soft_targets_by_loop() -> None:
    similarity = torch.tensor([[1.0, 0.4, -0.2], [0.3, 1.0, 0.6]])
    own = torch.tensor([[True, False, False], [False, True, False]])
    a, b = math.exp(0.4 / 0.5), math.exp(-0.2 / 0.5)
    found = soft_targets(similarity, own, weight=0.6, temperature=0.5)
    assert found[0].tolist() == pytest.approx([0.0, 0.6 * a / (a + b), 0.6 * b / (a + b)])
    assert found.sum(dim=1).tolist() == pytest.approx([0.6, 0.6])


def test_a_pair_alone_has_no_soft_target() -> None:
    assert soft_targets(torch.ones(1, 1), torch.ones(1, 1) > 0, weight=0.5, temperature=1.0).tolist() == [[0.0]]


def test_weights_of_likely_positives() -> None:
    kept = without_likely_positives(torch.tensor([0.0, 0.2, 0.5, 0.8, 1.0]), weight=1.0, low=0.2, high=0.8).exp()
    assert kept.tolist() == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0])
    half = without_likely_positives(torch.tensor([0.9]), weight=0.5, low=0.2, high=0.8)
    assert half.item() == pytest.approx(math.log(0.5))


def test_structure_by_loop() -> None:
    h_image, h_text, s = torch.eye(2), torch.tensor([[0.6, 0.8], [0.8, -0.6]]), torch.tensor([[1.0, 0.5], [0.5, 1.0]])
    total = 0.0
    for a, b in ((h_image, h_image), (h_text, h_text), (h_image, h_text)):
        total += sum((float(a[i] @ b[j]) - s[i, j].item()) ** 2 / 4 for i in range(2) for j in range(2))
    assert structure_loss(h_image, h_text, similarity=s).item() == pytest.approx(total)


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
@pytest.mark.parametrize("optimizer", ["momentum", "bop"])
def test_negatives_of_the_own_class_are_left_out(negatives: str, optimizer: str) -> None:
    found = trainer("negatives_weight=1", f"negatives={negatives}", f"optimizer={optimizer}", "negatives_share=0.2")
    assert found.step.guide is not None
    batch = batch_of(found, torch.arange(8))
    found.strategy.epoch_start(0)
    keys = found.strategy.keys(batch)
    guided = found.step.guide(batch, keys).keys
    assert keys.rows is not None
    assert guided.log_weights is not None
    label = torch.from_numpy(small_pairs().label).float()
    alike = (label[:8] @ label[keys.rows].T) > 0
    if keys.columns is not None:
        alike = alike.gather(1, keys.columns)
    assert torch.equal(guided.log_weights == float("-inf"), alike)


def test_targets_fall_on_keys_of_the_own_class_and_never_on_the_own() -> None:
    found = trainer("target_weight=0.8", "target_temperature=0.02")
    assert found.step.guide is not None
    batch = batch_of(found, torch.arange(8))
    keys = found.strategy.keys(batch)
    guidance = found.step.guide(batch, keys)
    assert guidance.batch_targets is None
    assert keys.rows is not None
    assert guidance.key_targets is not None
    label = torch.from_numpy(small_pairs().label).float()
    alike = (label[:8] @ label[keys.rows].T) > 0
    own = keys.rows[None, :] == batch.index[:, None]
    assert guidance.key_targets[~alike].max().item() < 1e-6
    assert not guidance.key_targets[own].any()
    assert guidance.key_targets.sum(dim=1).tolist() == pytest.approx([0.8] * 8)


def test_in_warm_up_the_negatives_are_the_batch() -> None:
    found = Trainer(small_recipe(*OFF, "target_weight=0.5"), small_pairs(), teacher=label_teacher())
    batch = batch_of(found, torch.arange(10, 18))
    keys = found.strategy.keys(batch)
    assert found.step.guide is not None
    targets = found.step.guide(batch, keys).key_targets
    assert targets is not None
    assert targets.shape == (8, 8)
    assert not targets.diagonal().any()


def test_a_part_of_a_batch_is_guided_as_in_the_whole() -> None:
    """As several processes are: targets among the keys and among the whole batch, in warm-up and after it."""
    for settings in (("warmup_epochs=1",), ("warmup_epochs=0",)):
        found = Trainer(
            small_recipe(*OFF, "target_weight=0.5", "ranking_weight=0.4", *settings),
            small_pairs(),
            teacher=label_teacher(),
        )
        assert found.step.guide is not None
        whole = batch_of(found, torch.arange(10, 18))
        keys, own = found.strategy.keys(whole), slice(3, 6)
        views, u, h = ({name: rows[own] for name, rows in part.items()} for part in (whole.views, whole.u, whole.h))
        part = Batch(whole.index[own], views, u, h, everyone=whole.index, own=own)
        expected, guidance = found.step.guide(whole, keys), found.step.guide(part, keys.of(own))
        for name in ("key_targets", "batch_targets"):
            torch.testing.assert_close(getattr(guidance, name), getattr(expected, name)[own])


def test_max_margin_takes_no_targets() -> None:
    recipe = small_recipe("ranking=max_margin", "ranking_weight=0.5", "target_weight=0")
    guide = Guide(label_teacher(), recipe)
    found = Trainer(recipe, small_pairs(), teacher=label_teacher())
    batch = batch_of(found, torch.arange(8))
    assert guide(batch, found.strategy.keys(batch)).batch_targets is None


@pytest.mark.parametrize("way", ["target_weight=0.8", "ranking_weight=0.8", "negatives_weight=1", "closeness_weight=3"])
def test_every_way_brings_the_classes_together(way: str) -> None:
    """Against the same run without guidance, cosines of outputs within a class grow over those between classes."""
    gaps = []
    for settings in ((), (way, "negatives_share=0.2", "target_temperature=0.1")):
        found = trainer("optimizer=momentum", "epochs=12", "learning_rate=3e-3", *settings)
        for _ in range(12):
            stats = found.train_epoch()
        batch = batch_of(found, torch.arange(100))
        cosine = batch.h_image @ batch.h_text.T
        label = torch.from_numpy(small_pairs().label).float()
        alike = (label @ label.T) > 0
        gaps.append((cosine[alike].mean() - cosine[~alike].mean()).item())
        assert math.isfinite(stats.loss)
    assert gaps[1] > gaps[0]


def test_the_loss_is_the_one_of_the_targets() -> None:
    found = trainer("target_weight=0.8")
    batch = batch_of(found, torch.arange(8))
    keys = found.strategy.keys(batch)
    assert found.step.guide is not None
    guidance = found.step.guide(batch, keys)
    plain = contrastive_hashing_loss(batch.h_image, batch.h_text, keys)
    soft = contrastive_hashing_loss(batch.h_image, batch.h_text, guidance.keys, targets=guidance.key_targets)
    assert soft.item() != plain.item()
