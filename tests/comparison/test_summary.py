"""Rows of a comparison: means, deviations, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ucch.comparison import markdown_table, summarize


def report(map_mean: float | None, seconds: float) -> dict[str, Any]:
    way = {"map": map_mean, "recall_at": {"10": 0.5}}
    return {
        "map_mean": map_mean,
        "map_chance": None if map_mean is None else 0.1,
        "image_to_text": way,
        "text_to_image": way,
        "seconds": seconds,
        "quantization_gap": {"similarity": 0.2},
        "bit_imbalance": {"image": 0.1, "text": 0.3},
        "history": [
            {"flips_per_row": 32.0, "key_gap": 0.5, "agreement": 0.5},
            {"flips_per_row": 2.0, "key_gap": 0.2, "agreement": 0.7},
            {"flips_per_row": 4.0, "key_gap": 0.1, "agreement": 0.9},
        ],
    }


def test_means_and_the_sample_deviation_by_hand() -> None:
    row = summarize("bop", 64, (), [report(0.2, 1.0), report(0.4, 2.0), report(0.6, 6.0)])
    assert row["map"] == pytest.approx(0.4)
    assert row["map_deviation"] == pytest.approx(0.2)
    assert row["seconds"] == pytest.approx(3.0)
    assert row["flips_per_row"] == pytest.approx(3.0)  # the first epoch, warm-up, is left out
    assert row["bit_imbalance"] == pytest.approx(0.2)
    assert (row["key_gap"], row["agreement"]) == (pytest.approx(0.1), pytest.approx(0.9))
    assert row["quantization_gap"] == pytest.approx(0.2)


def test_without_labels_or_with_one_seed_figures_are_missing_not_wrong() -> None:
    row = summarize("bop", 64, (), [report(None, 1.0)])
    assert row["map"] is None
    assert row["map_deviation"] is None
    assert row["recall_at_10"] == 0.5
    assert "| - | - |" in markdown_table([row])


def test_the_table_names_chosen_settings() -> None:
    row = summarize("bop", 64, ("bop.scale=2",), [report(0.25, 1.0)])
    lines = markdown_table([row]).splitlines()
    assert lines[0].endswith("| settings |")
    assert lines[2] == (
        "| 64 | bop | 1 | 0.250 | - | 0.250 | 0.250 | 0.500 | 1.0 | 3.000 | 0.100 | 0.200 | 0.200 | 0.900"
        " | bop.scale=2 |"
    )


def test_runs_that_learnt_from_labels_are_marked() -> None:
    row = summarize("bop", 64, (), [{**report(0.25, 1.0), "supervised": True}])
    assert row["supervised"]
    assert "| 64 | bop (supervised) | 1 |" in markdown_table([row])
    assert not summarize("bop", 64, (), [report(0.25, 1.0)])["supervised"]
