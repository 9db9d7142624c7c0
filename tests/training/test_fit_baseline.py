"""A baseline's run folder is like any other: made, evaluated, encoded with, resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.kit import small_dataset, small_pairs, small_recipe
from ucch.baselines import BASELINES, Fsh
from ucch.estimator import CrossModalHasher
from ucch.evaluation import evaluate_run
from ucch.recipe import Recipe, apply_recipe, load_recipe
from ucch.runs import RunFolder
from ucch.training import build_baseline, train_run

SMALL = ("bits=12", "atoms=20", "anchors=10")


@pytest.mark.parametrize("name", BASELINES)
def test_train_leaves_what_evaluation_and_the_estimator_agree_on(name: str, tmp_path: Path) -> None:
    pairs, recipe = small_pairs(), load_recipe(name, SMALL)
    run = RunFolder.create(tmp_path / "run", recipe)
    model = train_run(run, pairs)
    report = evaluate_run(run, small_dataset())
    assert report["map_mean"] > report["map_chance"] + 0.15
    assert (report["recipe"], report["supervised"], report["bits"]) == (name, False, 12)
    assert report["seconds"] >= 0
    assert Recipe.from_toml(run.model().recipe) == recipe
    hasher = CrossModalHasher(12, recipe=recipe).fit(pairs.image, pairs.text)
    assert np.array_equal(hasher.encode_text(pairs.text), model.encode_text(pairs.text))


def test_a_run_that_was_stopped_starts_over_and_gives_the_same(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", load_recipe("cmfh", SMALL))
    train_run(run, small_pairs())
    before = run.model_file.read_bytes()
    run.model_file.unlink()
    train_run(RunFolder.open(run.path), small_pairs(), resume=True)
    assert run.model_file.read_bytes() == before


def test_the_history_holds_the_objective_after_every_turn(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", load_recipe("cmfh", [*SMALL, "sweeps=7"]))
    train_run(run, small_pairs())
    (line,) = run.history()
    assert len(line["objective"]) == 7
    assert line["seconds"] > 0


def test_options_reach_the_class() -> None:
    settings = ["regression_weight=5", "image_scaling=standard", "seed=3", "bits=9"]
    baseline = build_baseline(load_recipe("fsh", settings))
    assert isinstance(baseline, Fsh)
    assert (baseline.regression_weight, baseline.image_scaling, baseline.seed, baseline.n_bits) == (5, "standard", 3, 9)


def test_a_recipe_applied_changes_what_it_says() -> None:
    base = small_recipe("seed=4")
    assert apply_recipe(base, "cvh") == base.model_copy(update={"name": "cvh", "baseline": "cvh"})
    deep = apply_recipe(base, "djsrh")
    assert (deep.objective, deep.optimizer, deep.table.n_negatives, deep.bits) == ("djsrh", "continuation", 1, 12)
