"""Pairs set aside to learn what distances mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch import CrossModalHasher
from ucch.calibration import PartnerCalibration
from ucch.data import Pairs
from ucch.errors import RecipeError, RunError
from ucch.recipe import Recipe
from ucch.runs import RunFolder
from ucch.training import TrainingLoop, check_fine_tuning, train_run
from ucch.training.calibrate import calibrated, for_calibration


def trained(path: Path, recipe: Recipe, pairs: Pairs) -> tuple[RunFolder, list[str]]:
    run, said = RunFolder.create(path, recipe), []
    train_run(run, pairs, on_warning=said.append)
    return run, said


def test_pairs_are_set_aside_only_where_it_is_asked_for() -> None:
    pairs = small_pairs()
    rows, unseen = for_calibration(small_recipe(), pairs)
    assert (len(rows), len(unseen)) == (100, 0)
    rows, unseen = for_calibration(small_recipe("training.calibrate=true"), pairs)
    assert (len(rows), len(unseen)) == (80, 20)
    assert sorted([*rows, *unseen]) == list(range(100))
    rows, unseen = for_calibration(small_recipe("training.calibrate=true", "goal=both"), aligned_pairs())
    assert len(unseen) == 0  # the guarantee sets some aside


def test_no_step_sees_them() -> None:
    pairs = small_pairs()
    loop = TrainingLoop(small_recipe("training.calibrate=true"), pairs)
    assert sorted([*loop.rows, *loop.unseen]) == list(range(100))
    changed = np.asarray(pairs.text).copy()
    changed[loop.unseen] = 9.0
    other = TrainingLoop(small_recipe("training.calibrate=true"), Pairs(pairs.image, changed, pairs.label))
    model, same = loop.train(lambda text: None), other.train(lambda text: None)
    for name, value in model.state_dict().items():
        assert torch.equal(same.state_dict()[name], value)


def test_pairs_that_are_held_out_anyway_are_taken() -> None:
    kept = TrainingLoop(small_recipe("training.keep=best", "validation_share=0.3"), small_pairs())
    assert sorted([*kept.rows, *kept.unseen]) == list(range(100))
    model = kept.train(lambda text: None)
    assert kept.calibration(model).n_pairs == 30
    goal = TrainingLoop(small_recipe("goal=both"), aligned_pairs())
    assert goal.unseen.tolist() == goal.trainer.held_out.tolist()


def test_a_calibration_is_that_of_the_outputs_of_those_pairs() -> None:
    loop = TrainingLoop(small_recipe("training.calibrate=true"), small_pairs())
    model = loop.train(lambda text: None)
    unseen = small_pairs().take(loop.unseen)
    wanted = PartnerCalibration.fit(model.real_image(unseen.image), model.real_text(unseen.text))
    assert loop.calibration(model) == wanted
    assert calibrated(model, small_pairs(), loop.unseen[:19]) is None


def test_a_run_keeps_it(tmp_path: Path) -> None:
    run, _ = trained(tmp_path / "asked", small_recipe("training.calibrate=true"), small_pairs())
    assert run.calibration().n_bits == 12
    baseline, _ = trained(tmp_path / "baseline", small_recipe("baseline=cvh", "training.calibrate=true"), small_pairs())
    assert baseline.calibration().n_pairs == 20
    run.calibration_file.write_text("{}")
    with pytest.raises(RunError, match="calibration.json cannot be read: expected a calibration of format"):
        run.calibration()


def test_a_run_without_pairs_set_aside_has_none(tmp_path: Path) -> None:
    run, said = trained(tmp_path / "plain", small_recipe(), small_pairs())
    assert run.calibration() is None
    assert said == []
    run, said = trained(tmp_path / "few", small_recipe("training.calibrate=true"), small_pairs(39))
    assert run.calibration() is None
    assert "not calibrated: of 39 pairs too few can be set aside; 40 is the fewest" in said


def test_the_estimator_has_it_too() -> None:
    pairs = small_pairs()
    settings = ("width=16", "batch_size=32", "n_negatives=24", "training.calibrate=true")
    hasher = CrossModalHasher(12, settings=settings, epochs=2).fit(pairs.image, pairs.text)
    assert hasher.calibration_.n_pairs == 20
    assert CrossModalHasher(4, recipe="cvh").fit(pairs.image, pairs.text).calibration_ is None


def test_an_encoder_that_trains_along_is_refused() -> None:
    recipe = small_recipe("training.calibrate=true", "fine_tuning.enabled=true", "epochs=9")
    source = recipe.source.model_copy(update={"images": "photos", "image_encoder": "vgg19", "captions": "c.csv"})
    with pytest.raises(RecipeError, match=r"fine_tuning does not go with training.calibrate: pairs set aside have"):
        check_fine_tuning(recipe.model_copy(update={"source": source}))
