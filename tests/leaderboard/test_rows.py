"""Rows: intervals over queries, digests that seeds share, kinds, marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.leaderboard.kit import small_board
from tests.training.kit import small_dataset
from ucch.leaderboard import make_row, measured_cell, recipe_digest
from ucch.leaderboard.rows import kind
from ucch.metrics import bootstrap_mean
from ucch.recipe import load_recipe


def test_a_row_summarises_its_seeds(tmp_path: Path) -> None:
    cells = small_board(tmp_path, '[[runs]]\nmethods = ["lsh"]\n').cells()
    reports = [measured_cell(tmp_path / str(n), cell.recipe, small_dataset()) for n, cell in enumerate(cells)]
    row = make_row(cells, reports, 2)
    maps = [report["map_mean"] for report in reports]
    assert (row["map"], row["map_deviation"]) == (np.mean(maps), np.std(maps, ddof=1))
    bounds = bootstrap_mean(np.mean([report["average_precision"] for report in reports], axis=0))
    assert row["interval"] == [bounds.low, bounds.high]
    assert row["interval"][0] < row["map"] < row["interval"][1]
    assert (row["method"], row["kind"], row["few_seeds"], row["bytes_per_item"]) == ("lsh", "shallow", False, 1)
    assert (row["split_digest"], len(row["recipe_digest"])) == (reports[0]["split_digest"], 64)
    codes = [next(row for row in report["compression"]["rows"] if row["name"] == "codes") for report in reports]
    assert row["kept"]["recall_at_10"] == np.mean([figures["recall_at_10"] for figures in codes])
    assert make_row(cells, [{**report, "compression": None} for report in reports], 2)["kept"] is None
    few = make_row(cells[:1], [{**reports[0], "average_precision": []}], 2)
    assert (few["few_seeds"], few["interval"], few["map_deviation"]) == (True, None, None)


def test_queries_that_do_not_count_are_left_out(tmp_path: Path) -> None:
    cells = small_board(tmp_path, '[[runs]]\nmethods = ["lsh"]\n').cells()
    report = measured_cell(tmp_path / "0", cells[0].recipe, small_dataset())
    own = report["average_precision"]
    row = make_row(cells[:1], [{**report, "average_precision": [None, *own[1:]]}], 2)
    bounds = bootstrap_mean(own[1:])
    assert row["interval"] == [bounds.low, bounds.high]


def test_a_digest_forgets_seed_and_folder_only() -> None:
    recipe = load_recipe("cvh")
    assert recipe_digest(recipe.model_copy(update={"seed": 5, "data_root": "/x"})) == recipe_digest(recipe)
    assert recipe_digest(recipe.model_copy(update={"bits": 5})) != recipe_digest(recipe)


def test_kinds() -> None:
    kinds = {name: kind(load_recipe(name)) for name in ("default", "cvh", "djsrh", "unihash")}
    assert kinds == {"default": "ucch", "cvh": "shallow", "djsrh": "deep", "unihash": "supervised"}
