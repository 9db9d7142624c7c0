"""Within an epoch nobody waits for an accelerator; run in a process of its own by test_waits.py."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.pretend_device import PRETEND, PretendDevice
from tests.training.growing.made import earlier_run, growing, new_pairs
from tests.training.kit import small_pairs, small_recipe
from tests.training.test_finite import spoil
from ucch.data import Pairs
from ucch.errors import NonFiniteError
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.growing import GrowingTrainer

RECIPES = {
    "default": ("default", "similarity=none"),
    "teacher": ("default", "similarity=joint-semantics", "n_anchors=64"),
    "ucch-paper": ("ucch-paper",),
    "itq": ("default", "optimizer=itq"),
    "rotation": ("default", "optimizer=rotation"),
    "bop": ("default", "optimizer=bop"),
    "bi-half": ("default", "optimizer=bi-half"),
    "neighbors": ("default", "goal=both"),
}
PretendDevice()  # before the first backward pass
SMALL = ("bits=16", "width=32", "batch_size=16", "epochs=2", "n_negatives=32")


def trained(name: str, device: str, *settings: str, mode: PretendDevice | None = None) -> tuple[Trainer, list[int]]:
    """A trainer after two epochs, and the waits of each step but the first and last of an epoch."""
    base, *own = RECIPES[name]
    trainer = Trainer(load_recipe(base, [*SMALL, *own, *settings]), small_pairs(), device=device)
    waits: list[int] = []
    for _ in range(2):
        seen: list[int] = []
        trainer.train_epoch(lambda _, seen=seen: seen.append(sum(mode.waits.values()) if mode else 0))  # type: ignore[misc]
        waits += [after - before for before, after in pairwise(seen[:-1])]
    return trainer, waits


@pytest.mark.parametrize("name", RECIPES)
def test_no_step_within_an_epoch_waits_and_the_weights_are_those_of_the_cpu(name: str) -> None:
    there, _ = trained(name, "cpu")
    with PretendDevice() as mode:
        here, waits = trained(name, PRETEND, mode=mode)
        towers = [value.cpu() for value in here.model.state_dict().values()]
        table = here.bank.latent.detach().cpu()
    assert len(waits) >= 2
    assert set(waits) == {0}
    assert all(torch.equal(a, b) for a, b in zip(towers, there.model.state_dict().values(), strict=True))
    assert torch.equal(table, there.bank.latent)


@pytest.mark.parametrize("grows", [False, True])
def test_items_that_lack_a_side_are_not_waited_for(grows: bool) -> None:
    options = ("goal=both", "batch_size=16", "hidden_width=8", "epochs=2")
    earlier, given = replace(earlier_run(*options), replayed=40), new_pairs(100)
    near = load_recipe(growing(*options), ["growing.nearness=2"])  # to the earlier towers
    pairs = Pairs(given.image, given.text, image_seen=np.arange(100) % 7 != 0)
    towers, waits = [], set()
    for device in ("cpu", PRETEND):
        with PretendDevice() as mode:
            trainer = (
                GrowingTrainer(near, pairs, earlier=earlier, device=device)
                if grows
                else Trainer(small_recipe(*options), pairs, device=device)
            )
            seen: list[int] = []
            trainer.train_epoch(lambda _, seen=seen, mode=mode: seen.append(sum(mode.waits.values())))  # type: ignore[misc]
            waits |= {after - before for before, after in pairwise(seen[:-1])}
            towers.append([value.cpu() for value in trainer.model.state_dict().values()])
    assert waits == {0}
    assert all(torch.equal(one, other) for one, other in zip(*towers, strict=True))


def test_features_of_the_host_are_not_waited_for() -> None:
    with PretendDevice() as mode:
        _, waits = trained("default", PRETEND, "features_on=host", mode=mode)
    assert set(waits) == {0}


def test_a_bad_step_changes_nothing_there_either(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = spoil(monkeypatch, {2, 5})
    there, _ = trained("default", "cpu")
    calls[0] = 0
    with PretendDevice() as mode:
        here, waits = trained("default", PRETEND, mode=mode)
        towers = [value.cpu() for value in here.model.state_dict().values()]
    assert set(waits) == {0}
    assert all(torch.equal(a, b) for a, b in zip(towers, there.model.state_dict().values(), strict=True))


def test_too_many_bad_steps_end_a_run_at_the_next_look_with_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []
    for device in ("cpu", PRETEND):
        with monkeypatch.context() as patch, PretendDevice():
            spoil(patch, {2, 3})
            with pytest.raises(NonFiniteError, match="2 steps in a row") as info:
                trained("default", device, "nonfinite_steps=2")
            rows.append(info.value.rows)
    assert rows[0] == rows[1]
