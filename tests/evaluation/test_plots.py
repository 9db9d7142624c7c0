"""Pictures."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import pytest

from ucch.evaluation import plot_precision_recall


def test_precision_recall_is_drawn_and_radii_that_return_nothing_are_left_out(tmp_path: Path) -> None:
    curve = {"precision": [0.0, 0.9, 0.3], "recall": [0.0, 0.4, 1.0], "empty": [1.0, 0.2, 0.0]}
    report = {
        "data": "small",
        "bits": 2,
        "map_mean": 0.5,
        "map_chance": 0.3,
        "image_to_text": {"by_radius": curve},
        "text_to_image": {"by_radius": curve},
    }
    path = tmp_path / "plots" / "precision_recall.png"
    plot_precision_recall(report, path)
    picture = matplotlib.image.imread(path)
    assert picture.shape == (630, 900, 4)
    assert picture[..., :3].min() < 0.2 < 0.9 < picture[..., :3].mean()  # ink on white
    assert pytest.approx(1.0) == picture[0, 0, 0]
