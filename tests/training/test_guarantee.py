"""Trained codes are handed over only if they keep what the start keeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_recipe
from tests.training.test_goal import aligned_pairs, grouped_pairs
from ucch.codes import hamming_distance
from ucch.data import Pairs
from ucch.training import Trainer
from ucch.training.guarantee import Kept, judge, set_aside, what_is_kept


@pytest.mark.parametrize(("n", "expected"), [(39, 0), (40, 20), (1000, 100), (100_000, 1000)])
def test_how_many_are_set_aside(n: int, expected: int) -> None:
    train, aside = set_aside(small_recipe(), n)
    assert len(aside) == expected
    assert sorted([*train, *aside]) == list(range(n))


@pytest.mark.parametrize(
    ("goal", "trained", "handed"),
    [
        ("neighbors", Kept(0.5, 0.1), "trained"),
        ("neighbors", Kept(0.49, 0.9), "start"),
        ("partners", Kept(0.1, 0.6), "trained"),
        ("partners", Kept(0.9, 0.59), "start"),
        ("both", Kept(0.5, 0.6), "trained"),
        ("both", Kept(0.49, 0.62), "trained"),
        ("both", Kept(0.49, 0.6), "start"),
    ],
)
def test_less_of_what_is_asked_for_hands_the_start_over(goal: str, trained: Kept, handed: str) -> None:
    verdict = judge(trained, Kept(0.5, 0.6), 100, goal)
    assert verdict.hands_over == handed
    assert ("the start is handed over" in str(verdict)) == (handed == "start")


def test_what_is_kept_against_a_loop() -> None:
    pairs = aligned_pairs(60)
    trainer = Trainer(small_recipe("goal=both"), pairs)
    assert trainer.start is not None
    model, rows = trainer.start, np.arange(10, 30)
    kept = what_is_kept(model, pairs, rows, shared=True)
    codes = [model.encode_image(pairs.image), model.encode_text(pairs.text)]
    scaled = [model.image_scaler(torch.from_numpy(pairs.image)), model.text_scaler(torch.from_numpy(pairs.text))]
    unit = [torch.nn.functional.normalize(rows, dim=1).numpy() for rows in scaled]
    neighbors, partners = [], []
    for asks, answers in ((0, 1), (1, 0)):
        for row in rows:
            nearest = np.argsort(-(unit[answers] @ unit[asks][row]))[:10]
            distance = hamming_distance(codes[asks][row], codes[answers])
            chance = [
                np.clip((10 - (distance < distance[item]).sum()) / (distance == distance[item]).sum(), 0, 1)
                for item in range(60)
            ]
            neighbors.append(np.mean([chance[item] for item in nearest]))
            partners.append(chance[row])
    assert kept.neighbors == pytest.approx(np.mean(neighbors))
    assert kept.partners == pytest.approx(np.mean(partners))


SETS = {
    "aligned": aligned_pairs(),
    "gap": aligned_pairs(gap=2.0),
    "few": aligned_pairs(60),
    "groups": grouped_pairs(),
    "duplicates": aligned_pairs(80).take(np.arange(240) % 80),
    "unaligned": Pairs(aligned_pairs().image, aligned_pairs().text[:, :7] ** 2),
    "counts": Pairs(np.abs(np.round(3 * aligned_pairs().image)), np.abs(np.round(3 * aligned_pairs().text))),
}


@pytest.mark.parametrize("bits", [1, 16])
@pytest.mark.parametrize("goal", ["both", "partners", "neighbors"])
@pytest.mark.parametrize("name", SETS)
def test_codes_handed_over_never_keep_less_than_the_start(name: str, goal: str, bits: int) -> None:
    pairs = SETS[name]
    trainer = Trainer(small_recipe(f"goal={goal}", f"bits={bits}", "epochs=2", "learning_rate=0.3"), pairs)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    model = trainer.finished_model()
    assert trainer.start is not None
    assert trainer.verdict is not None
    shared = trainer.objective.shared  # type: ignore[union-attr]
    handed, start = (what_is_kept(one, pairs, trainer.held_out, shared=bool(shared)) for one in (model, trainer.start))
    asked = {"neighbors": "neighbors", "partners": "partners"}.get(goal)
    if asked:
        assert getattr(handed, asked) >= getattr(start, asked)
    else:
        assert handed.neighbors + handed.partners >= start.neighbors + start.partners


def test_pairs_set_aside_train_nothing() -> None:
    pairs = aligned_pairs()
    trainer = Trainer(small_recipe("goal=both"), pairs)
    seen = []
    trainer.objective.register_forward_hook(lambda module, args, out: seen.append(args[0].index))  # type: ignore[union-attr]
    trainer.train_epoch()
    assert not set(torch.cat(seen).tolist()) & set(trainer.held_out.tolist())


def test_pairs_set_aside_do_not_decide_the_start_which_they_judge() -> None:
    pairs = aligned_pairs()
    one = Trainer(small_recipe("goal=both"), pairs)
    changed = [np.array(rows) for rows in (pairs.image, pairs.text)]
    for rows in changed:
        rows[one.held_out] = rows[one.held_out][:, ::-1] + 3
    other = Trainer(small_recipe("goal=both"), Pairs(*changed))
    assert np.array_equal(one.held_out, other.held_out)
    assert one.start is not None
    assert other.start is not None
    for name, value in one.start.towers()["image"].state_dict().items():
        assert torch.equal(other.start.towers()["image"].state_dict()[name], value)
