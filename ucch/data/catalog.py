"""Data sets by name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .dataset import PairedDataset
from .digits import load_digits_pairs
from .npz import load_npz
from .tag_halves import load_tag_halves
from .wikipedia import load_wikipedia

__all__ = ["DATASETS", "DatasetEntry", "load_dataset"]


@dataclass(frozen=True)
class DatasetEntry:
    """Describe a data set that has a name.

    Args:
        summary: one line for lists.
        load: reads it from the folder given; a built-in set ignores the folder.
        built_in: whether it needs no files.
    """

    summary: str
    load: Callable[[Path], PairedDataset]
    built_in: bool = False


DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry("handwritten digits, left and right half", lambda _: load_digits_pairs(), built_in=True),
    "mirflickr-tags": DatasetEntry("MIRFLICKR-25K, two halves of the tags (not image and text)", load_tag_halves),
    "wikipedia": DatasetEntry("Wikipedia articles, SIFT bag of visual words and LDA topics", load_wikipedia),
}


def load_dataset(
    name_or_path: str | os.PathLike[str], data_root: str | os.PathLike[str] | None = None
) -> PairedDataset:
    """Load a data set by name, or one's own features from an ``.npz`` file.

    Args:
        name_or_path: a name in ``DATASETS`` (case, ``-`` and ``_`` do not matter), or the path of an ``.npz`` file.
        data_root: the folder with the published files, for sets that are not built in.

    Raises:
        DataError: no such name or file, no ``data_root`` where one is needed, or the files are not as they must be.
    """
    name = os.fspath(name_or_path)
    entry = DATASETS.get(_plain(name))
    if entry is None and (name.lower().endswith(".npz") or Path(name).is_file()):
        return load_npz(name)
    if entry is None:
        near = difflib.get_close_matches(_plain(name), DATASETS, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise DataError(
            f"{name!r} is neither a data set ({', '.join(sorted(DATASETS))}) nor an .npz file that exists.{meant}"
        )
    if data_root is None and not entry.built_in:
        raise DataError(f"{_plain(name)} is read from its published files; name their folder with --data-root")
    return entry.load(Path(data_root or "."))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
