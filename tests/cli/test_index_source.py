"""Where the codes of an index come from."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from rich.console import Console
from ucch.cli.index_source import read_source

from tests.retrieval.kit import random_codes
from tests.training.kit import small_dataset, small_recipe
from ucch.data import PairedDataset, save_npz
from ucch.runs import RunFolder
from ucch.training import train_run


def read(source: Path, **choices: Any) -> Any:
    defaults = {
        "ids": None,
        "bits": None,
        "modality": None,
        "images": None,
        "image_encoder": None,
        "new_run": Path("new.run"),
    }
    return read_source(Console(file=io.StringIO()), source, **{**defaults, **choices})


def test_ids_beside_the_codes_are_taken_unless_others_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "codes.npy", random_codes(3, 16))
    (tmp_path / "codes.ids.txt").write_text("a\nb\nc\n")
    (tmp_path / "other.txt").write_text("7\n8\n9\n")
    found = read(tmp_path / "codes.npy")
    assert (found.codes.shape, found.n_bits, found.ids) == ((3, 2), 16, ["a", "b", "c"])
    assert (found.origin, found.whole, found.photographs) == ({}, None, None)
    other = read(tmp_path / "codes.npy", ids=tmp_path / "other.txt", bits=15)
    assert (other.n_bits, other.ids) == (15, [7, 8, 9])


@pytest.mark.parametrize("choice", [{"modality": "text"}, {"images": Path("photos")}])
def test_a_file_of_codes_takes_no_choices_of_a_run(tmp_path: Path, choice: dict[str, Any]) -> None:
    with pytest.raises(click.UsageError, match="go with a run folder"):
        read(tmp_path / "codes.npy", **choice)


def test_items_that_lack_the_side_are_left_out_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    dataset = small_dataset()
    seen = np.arange(100) % 3 != 0
    one_sided = PairedDataset("mine", replace(dataset.train, image_seen=seen), dataset.query)
    recipe = small_recipe(f"data={save_npz(tmp_path / 'mine.npz', one_sided)}", "one_sided=keep", "epochs=1")
    run = RunFolder.create(tmp_path / "run", recipe)
    train_run(run, one_sided.train)
    found = read(run.path)
    assert found.ids == np.flatnonzero(seen).tolist()
    np.testing.assert_array_equal(found.codes, run.model().encode_image(dataset.train.image[seen]))
    assert read(run.path, modality="text").ids == list(range(100))
    both = read(run.path, modality="item")
    assert (both.ids, len(both.codes)) == (None, 100)
    wanted = run.model().encode_item(dataset.train.image, dataset.train.text, image_seen=seen)
    np.testing.assert_array_equal(both.codes, wanted)
    (tmp_path / "ids.txt").write_text("".join(f"item {row}\n" for row in range(100)))
    assert read(run.path, ids=tmp_path / "ids.txt").ids[:2] == ["item 1", "item 2"]
