"""The work of a comparison: threads, order, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.kit import small_dataset, small_recipe
from ucch.comparison.work import do_jobs, evaluate_cell, score_cell
from ucch.data import PairedDataset
from ucch.recipe import Recipe


def digits_job(seed: int) -> Any:
    return (count_threads, Path("nowhere"), Recipe(seed=seed).to_toml())


def count_threads(path: Path, recipe: Recipe, dataset: PairedDataset) -> dict[str, Any]:
    return {"threads": torch.get_num_threads(), "seed": recipe.seed, "data": dataset.name}


def test_jobs_have_one_thread_and_the_caller_keeps_his() -> None:
    before = torch.get_num_threads()
    results = dict(do_jobs([digits_job(3), digits_job(4)], n_processes=1))
    assert results == {number: {"threads": 1, "seed": 3 + number, "data": "digits"} for number in range(2)}
    assert torch.get_num_threads() == before


def test_an_error_of_a_job_reaches_the_caller() -> None:
    def fail(path: Path, recipe: Recipe, dataset: PairedDataset) -> dict[str, Any]:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(do_jobs([(fail, Path("nowhere"), Recipe().to_toml())], n_processes=1))


def test_a_cell_done_before_is_only_read(tmp_path: Path) -> None:
    first = evaluate_cell(tmp_path / "run", small_recipe("epochs=1"), small_dataset())
    assert evaluate_cell(tmp_path / "run", small_recipe("epochs=1"), small_dataset()) == first
    assert len(first["history"]) == 1


def test_a_score_reads_neither_labels_nor_queries(tmp_path: Path) -> None:
    dataset = small_dataset()
    bare = dataset.train.take(slice(None))
    object.__setattr__(bare, "label", None)
    without = PairedDataset("bare", train=bare, query=bare.take([0]))
    one = score_cell(tmp_path / "one", small_recipe("epochs=1"), dataset)
    assert score_cell(tmp_path / "two", small_recipe("epochs=1"), without) == one
    assert 0 < one["score"] <= 1
