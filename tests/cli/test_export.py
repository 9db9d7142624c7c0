"""``ucch export`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.photographs import ucch
from tests.export.kit import small_model, small_run
from ucch.data import FeatureScaler
from ucch.models import HashModel, HashTower, SparseCodeTower


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return small_run(tmp_path / "run", small_model(6, 5)).path


@pytest.mark.slow
def test_one_modality_and_its_summary(run: Path, tmp_path: Path) -> None:
    result = ucch("export", run, "--format", "onnx", "--modality", "text", "--out", tmp_path / "onnx")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("text.onnx: features [batch, 5] -> codes [batch, 3], outputs [batch, 20]\n")
    assert result.stderr == "writing text.onnx\n"
    again = ucch("export", run, "--modality", "text", "--out", tmp_path / "onnx")
    assert again.exit_code == 1
    assert "already holds something" in again.stderr


def test_json(run: Path, tmp_path: Path) -> None:
    result = ucch("export", run, "--modality", "image", "--out", tmp_path / "onnx", "--json")
    answer = json.loads(result.stdout)
    assert answer == {"out": str(tmp_path / "onnx"), **json.loads((tmp_path / "onnx" / "export.json").read_text())}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name a new folder: --out for graphs, or --site for a page"),
        (["--out", "a", "--site", "b"], "name a new folder: --out for graphs, or --site for a page"),
        (["--out", "a", "--texts", "."], "--texts goes with --site"),
        (["--site", "b", "--fuse"], "--fuse goes with --out"),
        (["--site", "b", "--format", "onnx"], "--format goes with --out"),
        (["--site", "b"], "a page searches an index: name it with --index"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], complaint: str, run: Path) -> None:
    result = ucch("export", run, *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_a_model_without_a_graph_fails_in_one_line(tmp_path: Path) -> None:
    scaler = FeatureScaler(6, "none", "none", "asked for")
    model = HashModel(scaler, scaler, SparseCodeTower(6, 20, n_components=4, n_atoms=8), HashTower(6, 20))
    result = ucch("export", small_run(tmp_path / "run", model).path, "--out", tmp_path / "onnx")
    assert result.exit_code == 1
    assert "--modality text" in result.stderr
    assert not (tmp_path / "onnx").exists()
