"""The data set of a run that replays."""

from __future__ import annotations

from pathlib import Path

from tests.training.growing.made import new_pairs
from tests.training.kit import small_dataset, small_pairs
from ucch.data import PairedDataset, save_npz
from ucch.recipe import load_recipe
from ucch.training.growing import run_dataset


def test_earlier_pairs_come_first(tmp_path: Path) -> None:
    save_npz(tmp_path / "old.npz", small_dataset())
    save_npz(tmp_path / "new.npz", PairedDataset("new", train=new_pairs(), query=small_pairs(7, seed=3)))
    recipe = load_recipe("default", [f"data={tmp_path / 'new.npz'}"])
    assert len(run_dataset(recipe).train) == 60
    growing = recipe.growing.model_copy(update={"replay": str(tmp_path / "old.npz")})
    grown = recipe.model_copy(update={"growing": growing})
    dataset = run_dataset(grown)
    assert (len(dataset.train), len(dataset.query), dataset.database_is_train) == (160, 7, True)
    assert (dataset.train.image[:100] == small_pairs().image).all()
    assert len(run_dataset(grown, str(tmp_path / "old.npz")).train) == 100
