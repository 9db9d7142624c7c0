"""Pictures: ink where the figures are, one panel per direction, runs told apart without colour."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from tests.evaluation.kit import code_files
from tests.training.kit import small_dataset, small_recipe
from ucch.evaluation import encode_dataset, evaluate, evaluate_files, write_plots
from ucch.evaluation.plots import PLOTS, draw
from ucch.training import Trainer


@pytest.fixture(scope="module")
def report() -> dict[str, object]:
    trainer = Trainer(small_recipe(), small_dataset().train)
    return evaluate(encode_dataset(trainer.model, small_dataset()))


@pytest.mark.parametrize("name", PLOTS)
def test_runs_are_overlaid_in_two_panels_and_differ_in_line(name: str, report: dict[str, object]) -> None:
    figure = draw(name, [report, report], ["first", "second"])
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert axes.get_xlabel()
        styles = {line.get_linestyle() for line in axes.lines if not line.get_label().startswith("_")}
        assert styles == {"-", "--"}
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["first", "second"]


def test_radii_at_which_nothing_returns_are_left_out(report: dict[str, object]) -> None:
    curve = dict(report["image_to_text"]["by_radius"])  # type: ignore[index, call-overload]
    curve["empty"] = [1.0, 1.0, *curve["empty"][2:]]
    changed = {**report, "image_to_text": {**report["image_to_text"], "by_radius": curve}}  # type: ignore[dict-item]
    line = draw("precision_recall", [changed], ["mine"]).axes[0].lines[0]
    assert len(line.get_xdata()) <= 11  # type: ignore[arg-type]
    assert np.array_equal(line.get_ydata()[-3:], curve["precision"][-3:])  # type: ignore[index]


def test_files_of_one_direction_and_of_none(report: dict[str, object], tmp_path: Path) -> None:
    foreign = evaluate_files(code_files(tmp_path), n_bits=20)
    for path in write_plots([foreign], ["mine"], tmp_path / "plots"):
        picture = matplotlib.image.imread(path)
        assert picture[..., :3].min() < 0.3 < 0.9 < picture[..., :3].mean()  # ink on white
    bare = {**report, "map_mean": None}
    assert [path.name for path in write_plots([bare], ["mine"], tmp_path / "bare")] == ["bit_balance.png"]
