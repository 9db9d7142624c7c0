"""Doing the runs of a comparison: each resumable, several at once."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from ..data import PairedDataset, load_dataset
from ..errors import RunError
from ..evaluation import measure_run
from ..files import write_atomically
from ..recipe import Recipe
from ..runs import RunFolder
from ..training import train_run
from ..training.validation import hold_out, pair_score

__all__ = ["Job", "do_jobs", "evaluate_cell", "score_cell"]

Job = tuple[Callable[[Path, Recipe, PairedDataset], dict[str, Any]], Path, str]  # what, where, the recipe as TOML


def evaluate_cell(path: Path, recipe: Recipe, dataset: PairedDataset) -> dict[str, Any]:
    """Train on all training pairs and evaluate on the queries; a finished run is only read.

    Returns:
        The report, and the history of the run under ``history``.

    Raises:
        RunError: the folder holds another recipe's run.
    """
    run, resume = _folder(path, recipe)
    if not run.report_file.exists():
        train_run(run, dataset.train, resume=resume)
        write_atomically(run.report_file, json.dumps(measure_run(run, dataset).report, indent=2) + "\n")
    return {**json.loads(run.report_file.read_text(encoding="utf-8")), "history": run.history()}


def score_cell(path: Path, recipe: Recipe, dataset: PairedDataset) -> dict[str, Any]:
    """Train on a part of the training pairs and score the rest, without labels; queries are not touched.

    Returns:
        ``{"score": ...}``, of :func:`~ucch.training.validation.pair_score`.
    """
    run, resume = _folder(path, recipe)
    score_file = path / "score.json"
    if not score_file.exists():
        train, held_out = hold_out(recipe, dataset.train)
        score = pair_score(train_run(run, train, resume=resume), held_out)
        write_atomically(score_file, json.dumps({"score": score}) + "\n")
    result: dict[str, Any] = json.loads(score_file.read_text(encoding="utf-8"))
    return result


def _folder(path: Path, recipe: Recipe) -> tuple[RunFolder, bool]:
    if not RunFolder(path).recipe_file.exists():
        return RunFolder.create(path, recipe), False
    run = RunFolder.open(path)
    if run.recipe() != recipe:
        raise RunError(f"{path} was trained by another recipe; name another folder with --out")
    return run, True


def do_jobs(jobs: Sequence[Job], *, n_processes: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Do every job, one torch thread each, and yield its number and result as it ends.

    Args:
        jobs: what to do.
        n_processes: at once; 1 stays in this process.
    """
    if n_processes == 1 or len(jobs) < 2:
        for number, job in enumerate(jobs):
            with _one_thread():
                result = _do(job)
            yield number, result
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(n_processes, len(jobs)), spawn, torch.set_num_threads, (1,)) as pool:
        futures = {pool.submit(_do, job): number for number, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _do(job: Job) -> dict[str, Any]:
    work, path, text = job
    recipe = Recipe.from_toml(text)
    return work(path, recipe, _dataset(recipe.data, recipe.data_root, recipe.pairs.one_sided))


@lru_cache(maxsize=1)
def _dataset(name: str, root: str | None, one_sided: str) -> PairedDataset:
    return load_dataset(name, root, one_sided=one_sided)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
