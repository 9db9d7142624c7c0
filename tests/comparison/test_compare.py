"""A comparison as a whole: what it leaves, that it resumes, that queries choose nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ucch.comparison.work
from tests.training.kit import small_dataset, small_recipe
from ucch.comparison import Plan, compare, parse_grid
from ucch.data import PairedDataset, save_npz
from ucch.errors import RunError
from ucch.recipe import Recipe


def recipe_in(folder: Path, *settings: str, dataset: PairedDataset | None = None) -> Recipe:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "small.npz"
    if not file.exists():
        save_npz(file, dataset or small_dataset())
    return small_recipe("epochs=3", *settings).model_copy(update={"data": str(file)})


def untimed(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_it_leaves_rows_table_curves_and_runs(tmp_path: Path) -> None:
    ended = []
    plan = Plan(recipe_in(tmp_path), ["momentum", "bop"], (8,), seeds=2)
    rows = compare(plan, tmp_path / "out", on_run=lambda *run: ended.append(run))
    assert [(row["optimizer"], row["bits"], row["seeds"]) for row in rows] == [("momentum", 8, 2), ("bop", 8, 2)]
    assert all(0 <= row["map"] <= 1 and row["map_deviation"] >= 0 and row["seconds"] > 0 for row in rows)
    assert json.loads((tmp_path / "out" / "comparison.json").read_text())["rows"] == rows
    table = (tmp_path / "out" / "comparison.md").read_text().splitlines()
    assert len(table) == 4
    assert table[2].startswith(f"| 8 | momentum | 2 | {rows[0]['map']:.3f} |")
    assert (tmp_path / "out" / "curves-8.png").read_bytes().startswith(b"\x89PNG")
    assert ended[-1] == ("bop-8-seed1", 4, 4)
    assert (tmp_path / "out" / "runs" / "bop-8-seed0" / "model.safetensors").exists()


@pytest.mark.slow
def test_a_stopped_comparison_goes_on_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(recipe_in(tmp_path), ["momentum", "none"], (8,), seeds=2)
    through = compare(plan, tmp_path / "through")

    def stop(name: str, number: int, total: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(plan, tmp_path / "stopped", on_run=stop)
    (tmp_path / "stopped" / "runs" / "momentum-8-seed1" / "report.json").unlink()  # as if stopped before its evaluation
    trained: list[Path] = []
    train = ucch.comparison.work.train_run
    monkeypatch.setattr(
        ucch.comparison.work, "train_run", lambda run, *a, **k: (trained.append(run.path.name), train(run, *a, **k))[1]
    )
    assert untimed(compare(plan, tmp_path / "stopped")) == untimed(through)
    assert trained == ["momentum-8-seed1", "none-8-seed0", "none-8-seed1"]


def test_adding_to_a_comparison_keeps_its_runs(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    compare(Plan(recipe, ["none"], (8,), seeds=1), tmp_path / "out")
    model = tmp_path / "out" / "runs" / "none-8-seed0" / "model.safetensors"
    before = model.stat().st_mtime_ns
    assert len(compare(Plan(recipe, ["none", "greedy"], (8,), seeds=1), tmp_path / "out")) == 2
    assert model.stat().st_mtime_ns == before


@pytest.mark.slow
def test_several_processes_give_what_one_gives(tmp_path: Path) -> None:
    plan = Plan(recipe_in(tmp_path), ["momentum"], (8,), seeds=2)
    one = compare(plan, tmp_path / "one")
    assert untimed(compare(plan, tmp_path / "two", n_processes=2)) == untimed(one)


def test_a_grid_chooses_on_training_pairs_and_trains_on_all(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path / "a", "epochs=8")
    grid = parse_grid(["learning_rate=1e-9,3e-3"])
    rows = compare(Plan(recipe, ["momentum"], (8,), seeds=1, grid=grid), tmp_path / "out")
    assert rows[0]["settings"] == ["training.learning_rate=3e-3"]
    scores = [json.loads(path.read_text())["score"] for path in (tmp_path / "out" / "trials").glob("*/score.json")]
    assert len(scores) == 2
    other = PairedDataset("small", train=small_dataset().train, query=small_dataset().query.take([0, 1]))
    moved = recipe_in(tmp_path / "b", "epochs=8", dataset=other)
    again = compare(Plan(moved, ["momentum"], (8,), seeds=1, grid=grid), tmp_path / "again")
    for name in ("1e-9", "3e-3"):
        score = Path("trials") / f"momentum-8-seed0_training.learning_rate={name}" / "score.json"
        assert (tmp_path / "out" / score).read_text() == (tmp_path / "again" / score).read_text()
    assert again[0]["settings"] == rows[0]["settings"]


def test_other_folders_and_other_recipes_are_refused(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    with pytest.raises(RunError, match="holds something else than a comparison; name another folder with --out"):
        compare(Plan(recipe, ["none"], (8,), seeds=1), tmp_path)
    compare(Plan(recipe, ["none"], (8,), seeds=1), tmp_path / "out")
    changed = recipe_in(tmp_path, "temperature=.3")
    with pytest.raises(RunError, match="was trained by another recipe; name another folder with --out"):
        compare(Plan(changed, ["none"], (8,), seeds=1), tmp_path / "out")
