"""A run folder of version 0.1.0, from before codes had goals: it encodes, is evaluated and goes on as it did then.

``tests/figures/run_0_1_0``: ``run``, stopped at step 6 of 12; ``model.safetensors``, ``codes.npz`` (of the queries) and
``report.json`` (some figures) of the same run not stopped; ``pairs.npz``. All written by that version.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ucch.data import PairedDataset, load_npz
from ucch.evaluation import evaluate_run
from ucch.models import HashModel
from ucch.runs import RunFolder
from ucch.training import choose_goal, train_run

SAVED = Path(__file__).resolve().parents[1] / "figures" / "run_0_1_0"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    shutil.copytree(SAVED / "run", tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


@pytest.fixture(scope="module")
def dataset() -> PairedDataset:
    return load_npz(SAVED / "pairs.npz")


def assert_codes_are_those_of_then(model: HashModel, dataset: PairedDataset) -> None:
    with np.load(SAVED / "codes.npz") as codes:
        assert np.array_equal(model.encode_image(dataset.query.image), codes["image"])
        assert np.array_equal(model.encode_text(dataset.query.text), codes["text"])


def test_the_finished_model_encodes_and_is_evaluated_as_it_was(run: RunFolder, dataset: PairedDataset) -> None:
    shutil.copy(SAVED / "model.safetensors", run.model_file)
    assert_codes_are_those_of_then(run.model(), dataset)
    report = evaluate_run(run, dataset)
    then = json.loads((SAVED / "report.json").read_text())
    assert set(then) == {"image_to_text", "text_to_image"}
    for way, figures in then.items():
        for name, value in figures.items():
            assert report[way][name] == pytest.approx(value, abs=1e-12), (way, name)


def test_the_stopped_run_goes_on_to_the_same_model(run: RunFolder, dataset: PairedDataset) -> None:
    model = train_run(run, dataset.train, resume=True)
    then = HashModel.load(SAVED / "model.safetensors")
    assert_codes_are_those_of_then(model, dataset)
    for name, value in then.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, rtol=1e-4, atol=1e-5, msg=name)
    history = run.history()
    assert [line["epoch"] for line in history] == [1, 2, 3, 4]
    assert all("validation" in line for line in history)


def test_a_run_from_before_goals_trained_for_categories(run: RunFolder, dataset: PairedDataset) -> None:
    train = dataset.train.take(slice(0, 60))
    asked_today = run.recipe().model_copy(update={"goal": "auto"})
    assert choose_goal(asked_today, train).goal == "both"
    assert run.recipe().goal == "categories"
