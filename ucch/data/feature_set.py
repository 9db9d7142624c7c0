"""Published features in ``.mat`` and HDF5 files: the sets of the hashing literature."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError
from .arrays import FeatureArray
from .dataset import PairedDataset
from .entry import DatasetEntry
from .labels import multi_hot
from .pairs import Pairs

__all__ = ["load_feature_set"]


def load_feature_set(entry: DatasetEntry, root: Path) -> PairedDataset:
    """Load a set by its array specifications: image, text and label matrices, in whole or by split.

    Where a matrix holds all items, the last ``n_query`` rows are the queries, the rows before them the training pairs
    and the database, as the published code has it. Splitting copies nothing.

    Args:
        entry: the set.
        root: the folder with its files.

    Raises:
        DataError: a file is missing or damaged, or a matrix is not the published one.
    """
    arrays: dict[tuple[str, str], FeatureArray] = {}
    labels: dict[str, FeatureArray] = {}
    for spec in entry.arrays:
        matrix = entry.read_array(root, spec)
        if spec.kind == "label":
            labels[f"{spec.file}: {spec.key}"] = matrix
        else:
            arrays[spec.kind, spec.split] = matrix
    checked = multi_hot(labels)
    for spec in entry.arrays:
        if spec.kind == "label":
            arrays["label", spec.split] = checked[f"{spec.file}: {spec.key}"]
    split_rows = {"train": slice(None, -entry.n_query), "query": slice(-entry.n_query, None)}
    splits = {}
    for split, rows in split_rows.items():
        image, text, label = (
            arrays[kind, split] if (kind, split) in arrays else arrays[kind, "all"][rows]
            for kind in ("image", "text", "label")
        )
        try:
            splits[split] = Pairs(image, text, label, split=split)
        except DataError as error:
            raise DataError(f"{entry.name}: {error}") from None
    return PairedDataset(entry.name, splits["train"], splits["query"])
