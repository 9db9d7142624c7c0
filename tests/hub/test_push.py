"""A run and a model on the hub: the same codes after the way there and back, in a fresh process too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.hub.hub_server import TOKEN, Hub
from ucch.data import load_digits_pairs
from ucch.errors import RunError
from ucch.hub import push_run, run_card
from ucch.models import HashModel
from ucch.runs import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    arguments = ["train", "--bits", "16", "--epochs", "1", "--teacher", "none", "--out", str(folder)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return folder


def text_features() -> np.ndarray:
    return load_digits_pairs().query.text[:50]


FRESH = """
import sys
import numpy as np
from ucch.models import HashModel
np.save(sys.argv[2], HashModel.from_pretrained("me/digits").encode_text(np.load(sys.argv[1])))
"""


@pytest.mark.slow
def test_a_run_goes_up_and_a_fresh_process_loads_it(run: Path, hub: Hub, tmp_path: Path) -> None:
    url = push_run(run, "me/digits")
    assert url.startswith(f"{hub.address}/me/digits/commit/")
    held = hub.repositories["me/digits"]
    assert {"README.md", "model.safetensors", "recipe.toml", "report.json"} <= set(held)
    assert not {name for name in held if "checkpoint" in name or "features" in name or "history" in name}
    assert held["model.safetensors"] == (run / "model.safetensors").read_bytes()
    np.save(tmp_path / "text.npy", text_features())
    places = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": TOKEN}
    arguments = [sys.executable, "-c", FRESH, str(tmp_path / "text.npy"), str(tmp_path / "codes.npy")]
    subprocess.run(arguments, check=True, env={**os.environ, **places, "HF_HUB_OFFLINE": "0"}, capture_output=True)
    expected = RunFolder.open(run).model().encode_text(text_features())
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), expected)


def test_a_download_is_a_run_folder(run: Path, hub: Hub, tmp_path: Path) -> None:
    push_run(run, "me/digits")
    for name, content in hub.repositories["me/digits"].items():
        (tmp_path / name).write_bytes(content)
    again = RunFolder.open(tmp_path)
    assert again.recipe() == RunFolder.open(run).recipe()
    expected = RunFolder.open(run).model().encode_text(text_features())
    np.testing.assert_array_equal(again.model().encode_text(text_features()), expected)
    np.testing.assert_array_equal(HashModel.from_pretrained(tmp_path).encode_text(text_features()), expected)


def test_the_card_is_that_of_the_report(run: Path, hub: Hub) -> None:
    push_run(run, "me/digits")
    card = hub.repositories["me/digits"]["README.md"].decode()
    assert card == run_card(run, "me/digits")
    report = json.loads((run / "report.json").read_text())
    assert f"{report['map_mean']:.3f}" in card
    assert f"{report['map_chance']:.3f}" in card
    assert "data digits, recipe default, seed 0" in card
    assert "Learnt by the recipe default without labels." in card
    assert 'HashModel.from_pretrained("me/digits")' in card


def test_a_model_alone_goes_up(run: Path, hub: Hub) -> None:
    model = RunFolder.open(run).model()
    model.push_to_hub("me/model", report=json.loads((run / "report.json").read_text()), message="of the evening")
    assert sorted(hub.repositories["me/model"]) == ["README.md", "model.safetensors"]
    assert hub.commits[-1]["summary"] == "of the evening"
    again = HashModel.from_pretrained("me/model")
    np.testing.assert_array_equal(again.encode_text(text_features()), model.encode_text(text_features()))
    assert again.recipe == model.recipe


def test_what_is_no_model_is_refused(hub: Hub, tmp_path: Path) -> None:
    from ucch.hub import push_files

    push_files("me/other", {"model.safetensors": b"no weights"}, message="one")
    with pytest.raises(RunError, match="cannot be read as a model"):
        HashModel.from_pretrained("me/other")
    with pytest.raises(RunError, match="is not a run folder"):
        push_run(tmp_path, "me/other")


def test_a_damaged_report_is_named(run: Path, tmp_path: Path) -> None:
    for name in ("recipe.toml", "model.safetensors"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    assert "no report was given" in run_card(tmp_path, "x")
    (tmp_path / "report.json").write_text("[1]")
    with pytest.raises(RunError, match="report.json cannot be read: it holds no object"):
        run_card(tmp_path, "x")
