"""What a finished run leaves in its folder, of epochs, of a fit and of growing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.growing.made import earlier_run, growing, new_pairs
from tests.training.kit import small_pairs, small_recipe
from ucch.runs import RunFolder
from ucch.training.finished_run import leave_fitted, leave_trained
from ucch.training.loop import TrainingLoop


def test_a_baseline_leaves_a_model_and_a_line_of_history(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe("baseline=cvh"))
    pairs = small_pairs()
    model = leave_fitted(run, pairs)
    np.testing.assert_array_equal(run.model().encode_image(pairs.image), model.encode_image(pairs.image))
    assert [line["epoch"] for line in run.history()] == [1]
    assert run.calibration() is None
    assert not run.goal_file.exists()


@pytest.mark.parametrize("asked", [True, False])
def test_epochs_leave_a_model_its_outcome_and_a_calibration_where_asked(asked: bool, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe(f"training.calibrate={str(asked).lower()}"))
    pairs, said = small_pairs(), list[str]()
    loop = TrainingLoop(run.recipe(), pairs)
    model = leave_trained(run, loop, pairs, None, said.append)
    np.testing.assert_array_equal(run.model().encode_text(pairs.text), model.encode_text(pairs.text))
    assert json.loads(run.goal_file.read_text()) == loop.outcome()
    assert (run.calibration() is not None) == asked
    assert said == []
    assert not run.growing_file.exists()


def test_a_run_that_grew_leaves_what_changed(tmp_path: Path) -> None:
    run, pairs, earlier = RunFolder.create(tmp_path / "run", growing()), new_pairs(), earlier_run()
    leave_trained(run, TrainingLoop(growing(), pairs, earlier=earlier), pairs, earlier, lambda text: None)
    left = json.loads(run.growing_file.read_text())
    assert (left["earlier_items"], left["new_items"]) == (100, 60)
    assert str(left["new_items"]) in left["text"]
