"""Diagnosis of a teacher."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.teacher.test_fitting import unrelated
from ucch.data import Pairs
from ucch.evaluation import draw_teacher, judge, teacher_report
from ucch.runs import RunFolder
from ucch.training.teacher.run import run_teacher_stage


def run_with(path: Path, pairs: Pairs, *settings: str) -> RunFolder:
    run = RunFolder.create(path, small_recipe("similarity=auto", *settings))
    run_teacher_stage(run, pairs, pairs.digest())
    return run


def test_judged_by_hand() -> None:
    label = torch.tensor([[True, False], [True, False], [False, True]])
    similarity = torch.tensor([[1.0, 0.9, 0.2], [0.9, 1.0, 0.4], [0.2, 0.4, 1.0]])
    found = judge(similarity, label, 1 / 3)
    assert found["chance"] == pytest.approx(1 / 3)
    assert found["top"]["0.05"] == 1.0
    assert (found["false_negatives_found"], found["most_findable"]) == (1.0, 1.0)
    assert found["histogram"]["sharing"][-1] == 1.0
    assert found["histogram"]["others"][0] == 0.5
    assert judge(similarity, label, 1 / 6)["false_negatives_found"] == 0.5
    wrong = judge(-similarity, label, 1 / 3)
    assert (wrong["false_negatives_found"], wrong["top"]["0.05"]) == (0.0, 0.0)


def test_calibration_rises_with_similarity_where_the_teacher_is_right(tmp_path: Path) -> None:
    pairs = small_pairs()
    run = run_with(tmp_path / "run", pairs)
    report = teacher_report(run, pairs)
    assert (report["teacher"], report["asked"], report["pairs"]) == ("joint-semantics", "auto", 100)
    shares = [share for _, share in report["labels"]["calibration"]]
    assert shares[-1] > 0.95 > 0.2 > shares[0]
    assert report["labels"]["top"]["0.01"] > 0.95
    draw_teacher(report, tmp_path / "plots" / "teacher.png")
    assert (tmp_path / "plots" / "teacher.png").stat().st_size > 5000


def test_without_labels_the_rest_is_said(tmp_path: Path) -> None:
    pairs = small_pairs()
    run = run_with(tmp_path / "run", pairs)
    report = teacher_report(run, Pairs(pairs.image, pairs.text))
    assert report["labels"] is None
    assert report["near_by_image"] > 0.1
    assert report["similarity"]["0.25"] < report["similarity"]["0.75"]


def test_without_a_teacher_the_reason_is_said(tmp_path: Path) -> None:
    report = teacher_report(run_with(tmp_path / "run", unrelated()), unrelated())
    assert report["teacher"] == "none"
    assert report["lift"] < report["least_lift"]
    assert report["gain"] > 0
    assert report["least_gain"] == 0.97


def test_other_data_are_refused(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", small_pairs())
    with pytest.raises(ValueError, match="describes 100 pairs, got 60"):
        teacher_report(run, small_pairs(60))
