"""The pairs of a run that its teacher was fitted on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.kit import small_pairs
from ucch.data import Pairs
from ucch.recipe import load_recipe
from ucch.runs import RunFolder
from ucch.teachers import Teacher
from ucch.training import train_run
from ucch.training.taught_pairs import taught_pairs

QUICK = ["bits=8", "epochs=1", "model.width=16", "n_negatives=64", "batch_size=32", "similarity=joint-semantics"]


@pytest.mark.parametrize(
    "choices", [[], ["calibrate=true"], ["keep=best"], ["trust=auto"], ["one_sided=keep", "goal=categories"]], ids=str
)
def test_they_are_as_many_and_in_the_order_of_what_it_describes(choices: list[str], tmp_path: Path) -> None:
    pairs = small_pairs(240)
    if "one_sided=keep" in choices:
        pairs = Pairs(pairs.image, pairs.text, image_seen=np.arange(240) % 3 > 0)
    run = RunFolder.create(tmp_path / "run", load_recipe("default", [*QUICK, *choices]))
    seen: list[Pairs] = []
    train_run(run, pairs, on_start=lambda trainer: seen.append(trainer.pairs))
    found = taught_pairs(RunFolder.open(run.path), pairs)
    assert len(Teacher.load(run.teacher_file)) == len(found)
    np.testing.assert_array_equal(found.image, seen[0].image)
    np.testing.assert_array_equal(found.text, seen[0].text)
    assert (len(found) < len(pairs)) == (choices not in ([], ["trust=auto"]))  # of these no pair is doubted


def test_a_baseline_has_no_teacher_and_keeps_all(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", load_recipe("default", ["bits=8", "baseline=itq"]))
    pairs = small_pairs(50)
    assert taught_pairs(run, pairs) is pairs
