"""The data set of a run that replays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.growing.made import new_pairs
from tests.training.kit import small_dataset, small_pairs
from ucch.data import PairedDataset, save_npz
from ucch.errors import DataError
from ucch.recipe import load_recipe
from ucch.runs import RunFolder
from ucch.training.growing import kept_codes, run_dataset


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


def test_other_views_have_nothing_to_replay(tmp_path: Path) -> None:
    save_npz(tmp_path / "old.npz", small_dataset())
    np.save(tmp_path / "texts.npy", np.random.default_rng(0).normal(size=(30, 5)))
    names = [str(tmp_path / name) for name in ("texts.npy", "old.npz")]
    for data, replay in (names, names[::-1]):
        recipe = load_recipe("default", [f"data={data}", f"growing.replay={replay}"])
        with pytest.raises(DataError, match="^growing needs pairs of image and text, got items of features"):
            run_dataset(recipe)


def test_codes_are_kept_of_a_database_that_is_the_training_pairs(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", load_recipe("default"))
    dataset = small_dataset()
    assert kept_codes(run, dataset) == {}
    codes = {kind: np.arange(6, dtype=np.uint8)[:, None] for kind in ("image", "text")}
    run.write_codes(codes)
    run.growing_file.write_text(json.dumps({"keep_codes": True, "earlier_rows": {"image": 4, "text": 5}}))
    kept = kept_codes(run, dataset)
    assert (kept["image"].ravel().tolist(), len(kept["text"])) == ([0, 1, 2, 3], 5)
    apart = PairedDataset("apart", dataset.train, dataset.query, small_pairs(7))
    assert kept_codes(run, apart) == {}
    run.growing_file.write_text(json.dumps({"keep_codes": False, "earlier_rows": {"image": 4, "text": 5}}))
    assert kept_codes(run, dataset) == {}
