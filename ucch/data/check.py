"""What is wrong with the files of a published set, or with a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import DataError
from .dataset import ItemDataset
from .entry import DatasetEntry
from .item_files import load_items
from .overlap import check_overlap
from .raw_images import RawImages

__all__ = ["dataset_problems", "file_problems"]


def dataset_problems(entry: DatasetEntry, root: str | Path) -> list[str]:
    """Read a set as training would, and name everything that is wrong with its files.

    Args:
        entry: the set.
        root: the folder with its files.

    Returns:
        One sentence per problem; empty where the set is as published. The pictures themselves are looked at only
        where their file is there, by their shape.
    """
    root = Path(root)
    problems = _failure(lambda: entry.load(entry, root))
    if problems:  # loading stops at the first
        for spec in entry.arrays:
            problems += _failure(lambda spec=spec: entry.read_array(root, spec))  # type: ignore[misc]
        for file, _ in entry.other_files:
            problems += _failure(lambda file=file: entry.find(root, file))  # type: ignore[misc]
    if entry.raw_images is not None:
        problems += _raw_problems(entry, root, *entry.raw_images)
    return list(dict.fromkeys(problems))


def file_problems(path: str | Path, *, one_sided: str = "refuse") -> tuple[ItemDataset | None, list[str]]:
    """Read a file or folder of features as training would, and name what training would refuse.

    Args:
        path: what :func:`~ucch.data.load_items` reads.
        one_sided: as of it.

    Returns:
        The data set, None where it cannot be read, and a sentence per problem: what stopped the reading, or queries
        that stand in the training set or the database (:func:`~ucch.data.check_overlap`).
    """
    try:
        dataset = load_items(path, one_sided=one_sided)
    except DataError as error:
        return None, [str(error)]
    return dataset, _failure(lambda: check_overlap(dataset))


def _raw_problems(entry: DatasetEntry, root: Path, file: str, key: str) -> list[str]:
    if _failure(lambda: entry.find(root, file)):
        return []
    path, n_images = entry.find(root, file), entry.n_train + entry.n_query
    problems = _failure(lambda: RawImages(path, key))
    if not problems and len(pictures := RawImages(path, key)) != n_images:
        problems = [f"{path}: {key} must hold {n_images} pictures, got {len(pictures)} (shape {pictures.shape})"]
    return problems


def _failure(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except DataError as error:
        return [str(error)]
    return []
