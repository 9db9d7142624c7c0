"""Pairs that are likely wrong: they become two items, which train by the side they have; runs go on as they were."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.trust.made import made_pairs
from ucch.data import Pairs
from ucch.errors import RecipeError
from ucch.teachers import item_features, joint_semantics_rows
from ucch.training import Trainer
from ucch.training.trusted import check_one_sided, split_pairs, trusted_pairs

AUTO = ("pairs.trust=auto", "epochs=2", "batch_size=64")


def noisy(n: int = 400) -> Pairs:
    return made_pairs(n, wrong=0.4)[0]


def test_trust_in_all_leaves_the_pairs_alone() -> None:
    pairs = small_pairs()
    found = trusted_pairs(small_recipe(), pairs)
    assert found.pairs is pairs
    assert (found.audit, found.parted) == (None, 0)
    assert split_pairs(pairs, np.arange(0)) is pairs


def test_wrong_pairs_are_parted() -> None:
    pairs, is_wrong = made_pairs(600, wrong=0.4)
    found = trusted_pairs(small_recipe(*AUTO), pairs)
    assert found.audit is not None
    parted = np.flatnonzero(found.audit.right < 0.5)
    assert is_wrong[parted].mean() > 0.9
    assert len(found.pairs) == 600 + found.parted == 600 + len(parted)
    np.testing.assert_array_equal(found.pairs.image[:600], pairs.image)
    np.testing.assert_array_equal(found.pairs.text[600:], pairs.text[parted])
    assert (~found.pairs.seen["text"]).nonzero()[0].tolist() == parted.tolist()
    assert (~found.pairs.seen["image"]).nonzero()[0].tolist() == list(range(600, 600 + len(parted)))


def test_no_pair_is_parted_where_the_audit_cannot_tell() -> None:
    pairs, _ = made_pairs(600, wrong=0.4, noise=4.0)
    found = trusted_pairs(small_recipe(*AUTO), pairs)
    assert found.audit is not None
    assert (found.audit.right < 0.5).any()
    assert (found.pairs is pairs, found.parted) == (True, 0)


def test_a_run_with_parted_pairs_resumes_bit_for_bit() -> None:
    whole = Trainer(small_recipe(*AUTO), noisy())
    whole.train_epoch()
    state = copy.deepcopy(whole.state_dict())
    assert state["trust"].shape == (400,)
    whole.train_epoch()
    again = Trainer(small_recipe(*AUTO), noisy())
    again.load_state_dict(state)
    again.train_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    assert torch.equal(whole.bank.latent, again.bank.latent)


def test_a_state_with_other_trust_is_refused() -> None:
    state = Trainer(small_recipe(*AUTO), noisy()).state_dict()
    with pytest.raises(RecipeError, match=r"pairs\.trust must be as it was"):
        Trainer(small_recipe(*AUTO[1:]), noisy()).load_state_dict(state)


def test_what_stands_in_a_missing_side_is_not_read() -> None:
    pairs = small_pairs(200)
    seen = np.arange(200) % 3 != 0
    one = replace(pairs, text_seen=seen)
    text = np.array(pairs.text)
    text[~seen] = 1000.0
    other = replace(pairs, text=text, text_seen=seen)
    models = []
    for some in (one, other):
        trainer = Trainer(small_recipe("epochs=2"), some)
        trainer.train_epoch()
        trainer.train_epoch()
        models.append((trainer.model.state_dict(), trainer.bank.latent))
    for name, value in models[0][0].items():
        assert torch.equal(value, models[1][0][name]), name
    assert torch.equal(models[0][1], models[1][1])


@pytest.mark.parametrize("shared", [True, False])
def test_nor_where_neighbours_are_kept(shared: bool) -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(size=(160, 8)).astype(np.float32)
    text = image + 0.1 * rng.normal(size=image.shape).astype(np.float32)
    pairs = Pairs(image, text if shared else text[:, :6].copy())
    seen = np.arange(160) % 4 != 0
    costs = []
    for filler in (0.0, 50.0):
        features = np.array(pairs.text)
        features[~seen] = filler
        trainer = Trainer(
            small_recipe("goal=both", "epochs=1", "noise=0", "hidden_width=4"),
            replace(pairs, text=features, text_seen=seen),
        )
        assert len(np.setdiff1d(trainer.held_out, pairs.complete_rows[seen])) == 0
        costs.append(trainer.train_epoch().loss)
    assert costs[0] == costs[1]


def test_an_item_of_one_side_takes_the_teachers_row_of_its_nearest() -> None:
    pairs = replace(small_pairs(120), text_seen=np.arange(120) != 7)
    image, text = item_features(pairs)
    assert not text[7].any()
    rows = joint_semantics_rows(image, text, complete=torch.from_numpy(pairs.complete_rows))
    assert rows.shape[0] == 120
    label = pairs.label
    assert label is not None
    likeness = rows @ rows[7]
    same = torch.from_numpy((label == label[7]).all(axis=1))
    same[7] = False
    assert likeness[same].mean() > likeness[~same].mean() + 0.3


@pytest.mark.parametrize("settings", [(), ("objective=djsrh",), ("optimizer=bop",)])
def test_other_objectives_than_the_neighbours_learn_from_pairs_alone(settings: tuple[str, ...]) -> None:
    """Whatever they are: a run that keeps items of one side is the run without them, bit for bit."""
    pairs = replace(small_pairs(120), text_seen=np.arange(120) % 3 != 0)
    states = []
    for some in (pairs, pairs.complete()):
        trainer = Trainer(small_recipe("epochs=2", *settings), some)
        trainer.train_epoch()
        states.append({**trainer.model.state_dict(), "table": trainer.bank.latent})
        assert len(trainer.pairs) == 80
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_wrong_pairs_do_not_train_where_codes_are_for_categories() -> None:
    pairs, is_wrong = made_pairs(600, wrong=0.4)
    trainer = Trainer(small_recipe(*AUTO), pairs)
    assert trainer.choice.goal == "categories"
    assert len(trainer.pairs) == 600 - trainer.trusted.parted
    assert 0.8 * is_wrong.sum() < trainer.trusted.parted


def test_what_needs_both_sides_is_refused() -> None:
    one = small_recipe("objective=neighbors")
    with pytest.raises(RecipeError, match=r"optimizer must be one of momentum.* got bop"):
        check_one_sided(small_recipe("objective=neighbors", "optimizer=bop"), 1)
    with pytest.raises(RecipeError, match="train in one process, got 2 processes"):
        check_one_sided(one, 2)
    with pytest.raises(RecipeError, match="go without fine tuning, got fine tuning"):
        check_one_sided(small_recipe("fine_tuning.enabled=true"), 1)
    check_one_sided(one, 1)
    pairs = small_pairs(200)
    captions = Pairs(pairs.image, np.repeat(pairs.text, 2, axis=0), image_of_text=np.repeat(np.arange(200), 2))
    with pytest.raises(RecipeError, match="needs one text per image"):
        trusted_pairs(small_recipe(*AUTO), captions)
