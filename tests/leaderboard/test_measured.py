"""One run of a board: what a row needs beside the report, kept and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.kit import small_dataset, small_recipe
from ucch.evaluation import encode_dataset, measure
from ucch.leaderboard.measured import measured_cell, read_measured
from ucch.recipe import load_recipe
from ucch.runs import RunFolder


def test_it_keeps_the_average_precision_of_every_query(tmp_path: Path) -> None:
    recipe, dataset = load_recipe("cvh", ["bits=8"]), small_dataset()
    assert read_measured(tmp_path / "run", recipe) is None
    result = measured_cell(tmp_path / "run", recipe, dataset)
    rankings = measure(encode_dataset(RunFolder.open(tmp_path / "run").model(), dataset))
    both = np.mean([side.average_precision for side in rankings.values()], axis=0)
    np.testing.assert_allclose(result["average_precision"], both, atol=1e-6)
    assert np.mean(result["average_precision"]) == pytest.approx(result["map_mean"], abs=1e-6)
    assert result["model_bytes"] == (tmp_path / "run" / "model.safetensors").stat().st_size
    assert {"ucch", "torch", "numpy", "python"} <= set(result["versions"])
    assert read_measured(tmp_path / "run", recipe) == result
    assert read_measured(tmp_path / "run", small_recipe()) is None


def test_a_run_of_a_comparison_is_taken_over(tmp_path: Path) -> None:
    from ucch.comparison.work import evaluate_cell

    recipe, dataset = load_recipe("cvh", ["bits=8"]), small_dataset()
    evaluate_cell(tmp_path / "run", recipe, dataset)
    before = (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns
    assert len(measured_cell(tmp_path / "run", recipe, dataset)["average_precision"]) == 40
    assert (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns == before
