"""The training loop: one step against the parts it is made of, seeds, warm-up, labels never read."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.binarize import tanh_query
from ucch.data import Pairs
from ucch.losses import contrastive_hashing_loss, cross_modal_ranking_loss
from ucch.optim import MomentumBinary, in_batch_keys
from ucch.recipe import load_recipe
from ucch.training import Trainer


def weights(trainer: Trainer) -> torch.Tensor:
    parts = [*trainer.model.parameters(), trainer.bank.latent]
    return torch.cat([part.detach().flatten() for part in parts])


@pytest.mark.parametrize("warmup_epochs", [0, 1])
def test_an_epoch_is_the_published_loop_over_its_parts(warmup_epochs: int) -> None:
    settings = (f"warmup_epochs={warmup_epochs}", "schedule=constant", "similarity=none", "optimizer=momentum")
    pairs, recipe = small_pairs(), small_recipe(*settings)
    trainer = Trainer(recipe, pairs)
    model, bank = copy.deepcopy(trainer.model), copy.deepcopy(trainer.bank)
    draw = torch.Generator()
    draw.set_state(trainer.generator.get_state())
    trainer.train_epoch()

    adam = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-6, fused=True)
    binary = MomentumBinary(bank.parameters(), momentum=0.0 if warmup_epochs else 0.4)
    order = torch.randperm(100, generator=draw)
    for rows in order[:96].split(32):  # the last four rows make no batch
        h_image = tanh_query(model.image_outputs(torch.from_numpy(pairs.image)[rows]))
        h_text = tanh_query(model.text_outputs(torch.from_numpy(pairs.text)[rows]))
        keys = in_batch_keys(h_image, h_text) if warmup_epochs else bank.keys(rows, n_negatives=24, generator=draw)
        loss = 0.7 * contrastive_hashing_loss(h_image, h_text, keys, temperature=0.9)
        loss = loss + 0.3 * cross_modal_ranking_loss(h_image, h_text, margin=0.2, shift=0.1)
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        bank.observe(rows, h_image, h_text)
        binary.step()
    assert torch.equal(trainer.bank.latent, bank.latent)
    for ours, theirs in zip(trainer.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_one_seed_gives_one_result_and_another_seed_another() -> None:
    runs = [Trainer(small_recipe(f"seed={seed}"), small_pairs()) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.train_epoch()
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = Trainer(small_recipe(), small_pairs())
    first.train_epoch()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    second = Trainer(small_recipe(), small_pairs())
    second.train_epoch()
    assert torch.equal(weights(first), weights(second))


def test_labels_are_never_read() -> None:
    pairs = small_pairs()
    with_labels, without = Trainer(small_recipe(), pairs), Trainer(small_recipe(), Pairs(pairs.image, pairs.text))
    for trainer in (with_labels, without):
        trainer.train_epoch()
    assert torch.equal(weights(with_labels), weights(without))


def test_a_loaded_state_goes_on_bit_for_bit() -> None:
    through, stopped = (Trainer(small_recipe(), small_pairs()) for _ in range(2))
    for _ in range(4):
        through.train_epoch()
    for _ in range(2):
        stopped.train_epoch()
    resumed = Trainer(small_recipe(), small_pairs())
    resumed.load_state_dict(copy.deepcopy(stopped.state_dict()))
    for _ in range(2):
        resumed.train_epoch()
    assert resumed.epoch == 4
    assert torch.equal(weights(resumed), weights(through))


def test_figures_of_an_epoch() -> None:
    losses: list[float] = []
    trainer = Trainer(small_recipe(), small_pairs())
    stats = trainer.train_epoch(losses.append)
    assert len(losses) == trainer.steps_per_epoch == 3
    assert stats.epoch == trainer.epoch == 1
    assert stats.loss == pytest.approx(np.mean(losses), rel=1e-6)
    assert stats.loss == pytest.approx(0.7 * stats.contrastive + 0.3 * stats.ranking, rel=1e-6)
    assert stats.rows_touched == 0.96
    assert 0 <= stats.flips_per_row <= 12
    assert 0 <= stats.agreement <= 1
    assert 0 < stats.key_cosine <= 1


def test_at_the_start_both_losses_are_where_they_must_be() -> None:
    pairs = Pairs(np.random.default_rng(0).normal(size=(256, 8)), np.random.default_rng(1).normal(size=(256, 8)))
    trainer = Trainer(load_recipe("default", ["width=64", "batch_size=256"]), pairs)
    stats = trainer.train_epoch()
    assert stats.contrastive == pytest.approx(2 * math.log(256), rel=0.2)
    assert stats.ranking == pytest.approx(2 * (math.log(256) + 0.2), rel=0.1)


def test_cosine_schedule_falls_from_the_rate_to_near_zero_and_constant_stays() -> None:
    for schedule, last in (("cosine", 0.5 * (1 + math.cos(math.pi * 11 / 12))), ("constant", 1.0)):
        trainer = Trainer(small_recipe(f"schedule={schedule}", "learning_rate=0.01"), small_pairs())
        rates = [trainer.train_epoch().learning_rate for _ in range(4)]
        assert rates[-1] == pytest.approx(0.01 * last)
        assert rates == sorted(rates, reverse=True)


def test_bfloat16_trains_to_finite_float32_weights() -> None:
    trainer = Trainer(small_recipe("precision=bfloat16"), small_pairs())
    stats = [trainer.train_epoch() for _ in range(2)]
    assert all(math.isfinite(figure.loss) for figure in stats)
    assert {p.dtype for p in trainer.model.parameters()} == {torch.float32}


@pytest.mark.parametrize("ranking", ["cross_modal", "max_margin"])
@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_every_choice_of_loss_and_negatives_learns(ranking: str, negatives: str) -> None:
    settings = [f"ranking={ranking}", f"negatives={negatives}", "epochs=40", "learning_rate=0.003"]
    trainer = Trainer(small_recipe(*settings), small_pairs())
    agreement = [trainer.train_epoch().agreement for _ in range(40)]
    assert agreement[-1] > 0.9 > agreement[0]


def test_fewer_pairs_than_a_batch_make_one_batch() -> None:
    trainer = Trainer(small_recipe(), small_pairs(10))
    assert (trainer.batch_size, trainer.steps_per_epoch) == (10, 1)
    assert trainer.train_epoch().rows_touched == 1.0


def captioned_pairs(n: int = 40) -> Pairs:
    pairs, rng = small_pairs(n), np.random.default_rng(7)
    owner = np.repeat(np.arange(n), 3)
    return Pairs(pairs.image, pairs.text[owner] + 0.1 * rng.normal(size=(3 * n, 5)), image_of_text=owner)


def test_a_batch_pairs_each_image_with_one_of_its_captions() -> None:
    pairs = captioned_pairs()
    trainer = Trainer(small_recipe("warmup_epochs=0", "momentum=0.0"), pairs)
    assert (trainer.bank.n_codes, trainer.steps_per_epoch) == (40, 1)
    seen = []
    given = trainer.features.rows

    def remember(name: str, rows: torch.Tensor) -> torch.Tensor:
        seen.append((name == "text", rows.clone()))
        return given(name, rows)

    trainer.features.rows = remember  # type: ignore[method-assign]
    for _ in range(6):
        trainer.train_epoch()
    images = [rows for is_text, rows in seen if not is_text]
    texts = [rows for is_text, rows in seen if is_text]
    for items, rows in zip(images, texts, strict=True):
        assert len(set(items.tolist())) == 32  # no image meets itself as a negative
        np.testing.assert_array_equal(pairs.item_of_text[rows.numpy()], items)
    assert len(set(torch.cat(texts).tolist())) > 80  # 192 draws among 120 captions


def test_captions_go_on_bit_for_bit_from_a_loaded_state() -> None:
    first, pairs = small_recipe(), captioned_pairs()
    whole, half = Trainer(first, pairs), Trainer(first, pairs)
    for _ in range(4):
        whole.train_epoch()
    for _ in range(2):
        half.train_epoch()
    rest = Trainer(first, pairs)
    rest.load_state_dict(copy.deepcopy(half.state_dict()))
    for _ in range(2):
        rest.train_epoch()
    assert torch.equal(weights(whole), weights(rest))


def test_an_epoch_ends_after_the_steps_it_may_have() -> None:
    """Two epochs of two steps move what two epochs of three steps move in the first two of each."""
    cut, whole = Trainer(small_recipe("epoch_steps=2"), small_pairs()), Trainer(small_recipe(), small_pairs())
    assert (cut.steps_per_epoch, whole.steps_per_epoch) == (2, 3)
    assert Trainer(small_recipe("epoch_steps=9"), small_pairs()).steps_per_epoch == 3
    stats = cut.train_epoch()
    assert (cut.epoch, cut.steps_done) == (1, 2)
    assert stats.rows_touched == 0.64
    assert Trainer(small_recipe("epoch_steps=2", "epochs=auto"), small_pairs()).n_epochs == 300
