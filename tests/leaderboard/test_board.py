"""The file of a board: its runs, and what is refused before any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaderboard.kit import small_board
from ucch.errors import RecipeError
from ucch.leaderboard import load_board

ROOT = Path(__file__).resolve().parents[2]


def test_a_board_lists_every_run(tmp_path: Path) -> None:
    board = small_board(
        tmp_path, '[[runs]]\nmethods = ["cvh", "itq"]\nbits = [8, 9]\n[[runs]]\noptimizers = ["itq"]\nseeds = 1\n'
    )
    cells = board.cells()
    names = [f"{name}-{bits}-seed{seed}" for bits in (8, 9) for name in ("cvh", "itq-recipe") for seed in (0, 1)]
    assert [str(cell.folder) for cell in cells] == [f"small/{name}" for name in [*names, "itq-8-seed0"]]
    assert (cells[2].recipe.baseline, cells[2].recipe.bits) == ("itq", 8)
    assert (cells[-1].recipe.optimizer, cells[-1].recipe.baseline) == ("itq", "none")
    assert all(cell.recipe.data == str(tmp_path / "small.npz") for cell in cells)


def test_the_shipped_board_holds_every_baseline_and_optimizer(tmp_path: Path) -> None:
    from ucch.recipe.recipe import METHODS
    from ucch.recipe.strategy_sections import OPTIMIZERS

    cells = load_board(ROOT / "benchmarks" / "leaderboard.toml").cells(tmp_path)
    places = {(cell.data, cell.recipe.bits, cell.cell.optimizer.removesuffix("-recipe")) for cell in cells}
    sets = ("wikipedia", "digits", "mirflickr-tags")
    assert places == {(data, bits, name) for data in sets for bits in (16, 64) for name in {*METHODS, *OPTIMIZERS}}
    assert {cell.recipe.data_root for cell in cells} == {
        str(tmp_path / "wikipedia"),
        None,
        str(tmp_path / "mirflickr25k"),
    }


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ('[[runs]]\nmethods = ["cvx"]\n', "methods must be of cca-itq, .*, got 'cvx'"),
        ('[[runs]]\noptimizers = ["cvh"]\n', "optimizers must be of momentum, .*, got 'cvh'"),
        ('[[runs]]\nmethods = ["cvh"]\ndata = ["wiki"]\n', "runs.data must be of the board's data sets, got 'wiki'"),
        ('[[runs]]\nmethods = ["cvh", "cvh"]\n', "small/cvh-8-seed0 twice"),
        ('[[runs]]\nmethods = ["cvh"]\nsettings = ["ridg=1"]\n', "recipe has no key 'ridg'"),
        ('[[runs]]\noptimizers = ["itq"]\nsettings = ["objective=cirh"]\n', "cirh must not be bi-half or itq"),
        ('[[runs]]\nmethod = ["cvh"]\n', "runs.0.method: extra inputs are not permitted"),
    ],
)
def test_wrong_boards_are_refused(runs: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=message):
        small_board(tmp_path, runs).cells()


def test_files_that_are_no_boards_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("bits = [")
    with pytest.raises(RecipeError, match=r"a.toml cannot be read as a leaderboard"):
        load_board(tmp_path / "a.toml")
    board = load_board(ROOT / "benchmarks" / "leaderboard.toml")
    with pytest.raises(RecipeError, match="wikipedia is read from its published files; name their folder"):
        board.cells()
