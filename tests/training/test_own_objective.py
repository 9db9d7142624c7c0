"""An objective of one's own: whatever makes a run takes it, it sees no labels, and a state names it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.kit import SMALL, small_pairs, small_recipe
from ucch import CrossModalHasher
from ucch.collectives import World
from ucch.data import Pairs
from ucch.errors import RecipeError, RunError
from ucch.recipe import Recipe
from ucch.runs import RunFolder
from ucch.training import Objective, Strategy, Trainer, train_run
from ucch.training.strategies import Batch


class Together(Objective):
    """Partners' queries come together; a scale that trains along."""

    seen: Pairs

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        type(self).seen = pairs
        self.scale = torch.nn.Parameter(torch.ones(()))

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        return self.scale.exp() * (batch.h_image - batch.h_text).square().sum(dim=1).mean()


class Beside(Together):
    ucch_weight = 1.0  # type: ignore[assignment]


def stop_after(steps: int):  # type: ignore[no-untyped-def]
    left = iter(range(steps))
    return lambda: next(left, None) is None


def test_its_cost_is_what_trains_alone_or_beside_the_losses() -> None:
    alone, beside, ucch = (Trainer(small_recipe(), small_pairs(), objective=one) for one in (Together, Beside, None))
    first = [trainer.train_epoch() for trainer in (alone, beside, ucch)]
    assert first[0].loss == pytest.approx(first[0].objective, rel=1e-6)
    assert first[0].contrastive == 0
    assert first[1].contrastive > 0
    assert first[1].loss > first[1].objective > 0
    assert first[2].objective == 0
    assert alone.objective is not None
    assert alone.objective.scale.item() < 1  # its parameters train
    costs = [alone.train_epoch().objective for _ in range(3)]
    assert costs[-1] < first[0].objective


def test_it_sees_the_pairs_without_their_labels() -> None:
    pairs = small_pairs()
    assert pairs.label is not None
    Trainer(small_recipe(), pairs, objective=Together)
    assert Together.seen.label is None
    assert np.array_equal(Together.seen.image, pairs.image)


def test_estimator_and_run_folder_train_by_it_and_name_it(tmp_path: Path) -> None:
    pairs = small_pairs()
    run = RunFolder.create(tmp_path / "run", small_recipe())
    model = train_run(run, pairs, objective=Together)
    hasher = CrossModalHasher(12, settings=SMALL[1:], device="cpu", objective=Together).fit(pairs.image, pairs.text)
    assert np.array_equal(hasher.encode_text(pairs.text), model.encode_text(pairs.text))
    plain = train_run(RunFolder.create(tmp_path / "plain", small_recipe()), pairs)
    assert not np.array_equal(plain.encode_text(pairs.text), model.encode_text(pairs.text))
    assert json.loads(run.goal_file.read_text())["reason"] == hasher.outcome_["reason"] == "Together is the objective"


def test_a_stopped_run_goes_on_with_it_and_with_nothing_else(tmp_path: Path) -> None:
    pairs = small_pairs()
    stopped, through = (RunFolder.create(tmp_path / name, small_recipe()) for name in ("stopped", "through"))
    with pytest.raises(RunError):
        train_run(stopped, pairs, objective=Together, stop=stop_after(5))
    for other, said in ((None, "no objective of one's own"), (Beside, "objective=Beside")):
        message = f"the state was trained with objective=Together, got {said}; give the one it was trained with"
        with pytest.raises(RunError, match=re.escape(message)):
            train_run(stopped, pairs, resume=True, objective=other)
    model = train_run(stopped, pairs, resume=True, objective=Together)
    expected = train_run(through, pairs, objective=Together)
    assert all(torch.equal(value, expected.state_dict()[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("setting", "key"), [("objective=djsrh", "objective"), ("goal=partners", "goal"), ("baseline=lsh", "baseline")]
)
def test_a_recipe_that_names_another_is_refused(setting: str, key: str, tmp_path: Path) -> None:
    pairs, (_, value) = small_pairs(), setting.split("=")
    rest = {"objective": "ucch", "goal": "categories", "baseline": "none"}[key]
    message = f"recipe key {key} must be {rest} beside objective=Together, got '{value}'; drop one"
    with pytest.raises(RecipeError, match=re.escape(message)):
        train_run(RunFolder.create(tmp_path / "run", small_recipe(setting)), pairs, objective=Together)
    with pytest.raises(RecipeError, match=re.escape(message)):
        CrossModalHasher(12, settings=(*SMALL[1:], setting), objective=Together).fit(pairs.image, pairs.text)


def test_several_processes_refuse_it() -> None:
    with pytest.raises(RecipeError, match="must be ucch on 2 processes, got 'Together'; train on one"):
        Trainer(small_recipe(), small_pairs(), world=World(0, 2), objective=Together)


def test_an_optimizer_that_folds_is_refused_where_its_loss_reads_outputs() -> None:
    class Outputs(Together):
        @classmethod
        def passes_queries_by(cls, recipe: Recipe) -> bool:
            return True

    with pytest.raises(RecipeError, match="^optimizer of the objective Outputs must not be bi-half or itq"):
        Trainer(small_recipe("optimizer=itq"), small_pairs(), objective=Outputs)
