"""What a finished run hands on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.growing.made import NEIGHBORS, earlier_run
from tests.training.kit import small_pairs, small_recipe
from ucch.errors import RunError
from ucch.runs import RunFolder
from ucch.training import train_run
from ucch.training.growing import Earlier


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder.create(tmp_path / "x", small_recipe("epochs=1"))
    train_run(run, small_pairs())
    return run


def test_a_run_hands_on_its_model_and_the_codes_of_its_table(run: RunFolder) -> None:
    earlier = Earlier.of_run(run)
    assert earlier.table.shape == (100, 2)
    assert earlier.table.dtype == np.uint8
    assert earlier.n_items == 100
    assert earlier.table_codes().shape == (100, 12)
    assert set(earlier.table_codes().unique().tolist()) == {-1.0, 1.0}
    assert earlier.recipe.goal == "categories"  # settled, not auto


def test_without_checkpoint_it_needs_features(run: RunFolder) -> None:
    shutil.rmtree(run.checkpoint_file.parent)
    with pytest.raises(RunError, match="has no checkpoint, which holds the codes of its pairs; give their features"):
        Earlier.of_run(run)
    assert len(Earlier.of_run(run, by_features=True).table) == 0


def test_a_run_that_is_not_finished_is_refused(run: RunFolder) -> None:
    run.model_file.unlink()
    with pytest.raises(RunError, match="has no model yet"):
        Earlier.of_run(run)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    codes = {"image": np.eye(3, 2, dtype=np.uint8), "text": np.ones((3, 2), np.uint8)}
    earlier = replace(earlier_run(*NEIGHBORS), codes=codes, replayed=7)
    earlier.save(tmp_path / "earlier")
    read = Earlier.load(tmp_path / "earlier")
    assert np.array_equal(read.table, earlier.table)
    assert read.recipe == earlier.recipe
    assert (read.replayed, read.n_items) == (7, 7)
    assert all(np.array_equal(read.codes[kind], rows) for kind, rows in codes.items())
    assert torch.equal(read.objective["log_scale"], earlier.objective["log_scale"])
    image = small_pairs().image
    assert np.array_equal(read.model.encode_image(image), earlier.model.encode_image(image))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    earlier_run().save(tmp_path / "earlier")
    file = tmp_path / "earlier" / "items.safetensors"
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(RunError, match="cannot be read"):
        Earlier.load(tmp_path / "earlier")
