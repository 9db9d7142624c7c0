"""The report a run folder keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.kit import small_dataset, small_recipe
from ucch.data import PairedDataset, Pairs
from ucch.evaluation import evaluate_run, measure_run
from ucch.metrics import Protocol
from ucch.runs import RunFolder
from ucch.training import train_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(tmp_path / "run", small_recipe())
    train_run(folder, small_dataset().train)
    return folder


def test_report_and_picture_are_left_in_the_folder(run: RunFolder) -> None:
    report = evaluate_run(run, small_dataset())
    assert json.loads(run.report_file.read_text()) == report
    assert (run.plots / "precision_recall.png").stat().st_size > 1000
    assert f"{report['map_mean']:.3f}" in (run.path / "report.html").read_text()
    assert report["recipe"] == "default"
    assert report["seconds"] == pytest.approx(sum(line["seconds"] for line in run.history()), abs=1e-3)
    assert report["map_mean"] > report["map_chance"]


def test_a_second_evaluation_equals_the_first(run: RunFolder) -> None:
    assert evaluate_run(run, small_dataset()) == evaluate_run(run, small_dataset())


def test_nothing_is_written_where_not_asked(run: RunFolder) -> None:
    evaluation = measure_run(run, small_dataset())
    assert not run.report_file.exists()
    assert not run.plots.exists()
    assert evaluation.report == evaluate_run(run, small_dataset())
    assert set(evaluation.rankings) == {"image_to_text", "text_to_image"}


def test_data_without_labels_gets_the_pictures_it_allows(run: RunFolder) -> None:
    dataset = small_dataset()
    bare = PairedDataset("bare", *(Pairs(p.image, p.text) for p in (dataset.train, dataset.query)))
    assert evaluate_run(run, bare)["map_mean"] is None
    assert [path.name for path in run.plots.iterdir()] == ["bit_balance.png"]


@pytest.mark.slow
def test_a_report_says_whether_labels_were_learnt_from(tmp_path: Path) -> None:
    kinds = {
        "plain": (small_recipe(), False, None),
        "labels": (small_recipe("objective=mlwch-like"), True, None),
        "made-up": (small_recipe("objective=mlwch-like", "pseudo=kmeans", "n_clusters=8"), False, "kmeans"),
    }
    for name, (recipe, supervised, made_up) in kinds.items():
        folder = RunFolder.create(tmp_path / name, recipe)
        train_run(folder, small_dataset().train)
        report = evaluate_run(folder, small_dataset())
        assert (report["supervised"], report["pseudo_labels"]) == (supervised, made_up)
        assert ("(supervised)" in (folder.path / "report.html").read_text()) == supervised


def test_another_protocol_stands_beside_the_first(run: RunFolder) -> None:
    first = evaluate_run(run, small_dataset())
    other = evaluate_run(run, small_dataset(), protocol=Protocol(cutoff=5, denominator="retrieved"))
    beside = run.path / "reports" / "map-5-retrieved"
    assert json.loads(run.report_file.read_text()) == first
    assert json.loads((beside / "report.json").read_text()) == other
    assert (first["map_mean"], first["map_chance"]) != (other["map_mean"], other["map_chance"])
    assert "mean MAP@5, retrieved" in (beside / "report.html").read_text()
    assert (beside / "plots" / "precision_recall.png").is_file()
