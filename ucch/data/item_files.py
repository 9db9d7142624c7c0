"""Files of one view, or of others than image and text: archives of arrays, ``.npy`` and Parquet."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from .archives import ARCHIVE_SUFFIXES, open_archive
from .arrays import FeatureArray
from .catalog import DATASETS, load_dataset
from .dataset import ItemDataset
from .items import ALONE, TAKEN, TAKEN_ENDS, Items
from .labels import multi_hot
from .npy import map_npy
from .npz import DESCRIPTIVE
from .query_part import with_queries

__all__ = ["check_slips", "items_of_arrays", "load_items", "view_names"]

_SPLITS = ("train", "query", "database")
_LIKE = 0.8  # names so alike are a slip of the pen


def load_items(
    name_or_path: str | os.PathLike[str],
    data_root: str | os.PathLike[str] | None = None,
    *,
    one_sided: str = "refuse",
) -> ItemDataset:
    """Load a data set of pairs as :func:`~ucch.data.load_dataset` does, or one of any other views from a file.

    * ``.npz``, ``.safetensors``, ``.pt``, ``.h5``: ``NAME_train`` (N, d), one view or several, row i of each belonging
      to item i; ``NAME_query`` and ``NAME_database`` of all of them or of none; ``label_train`` and so on as in
      :func:`~ucch.data.load_npz`.
    * ``.npy``: (N, d), one view, called ``features``; so is an array of that name alone, or the one tensor of a
      ``.pt``.
    * ``.parquet``: columns of lists of numbers, each a view by its name; ``split`` and whole-numbered ``label`` where
      they are there. A file with the columns ``image`` and ``text`` is one of pairs.

    Where nothing says which rows ask, :func:`~ucch.data.query_part.with_queries` draws them.

    Args:
        name_or_path, data_root, one_sided: as of :func:`~ucch.data.load_dataset`.

    Raises:
        DataError: the file is missing or damaged, or an array is missing, unknown, of a wrong shape or kind, or not
            finite.
    """
    path = Path(name_or_path)
    kind = path.suffix.lower() if os.fspath(name_or_path) not in DATASETS and path.is_file() else ""
    try:
        if kind == ".npy":
            return items_of_arrays(path.stem, {f"{ALONE}_train": map_npy(path)})
        if kind in ARCHIVE_SUFFIXES and (arrays := _read_archive(path)) is not None:
            return items_of_arrays(path.stem, arrays)
        if kind == ".parquet":
            from .item_parquet import read_columns

            if (arrays := read_columns(path)) is not None:
                return items_of_arrays(path.stem, arrays)
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"{path}: {error}") from None
    return load_dataset(name_or_path, data_root, one_sided=one_sided)


def items_of_arrays(name: str, arrays: Mapping[str, Any]) -> ItemDataset:
    """Make a data set of arrays ``NAME_train``, ``NAME_query``, ``NAME_database``, ``label_train`` and so on.

    Raises:
        DataError: they do not fit one another.
    """
    views = view_names(arrays)
    labels = multi_hot({key: array for key, array in arrays.items() if key.startswith("label_")})
    splits = {}
    for split in _SPLITS:
        there = [view for view in views if f"{view}_{split}" in arrays]
        if there and len(there) < len(views):
            lacks = ", ".join(f"{view}_{split}" for view in views if view not in there)
            raise DataError(f"{lacks} is lacking beside {there[0]}_{split}; give a split of every view or of none")
        if there:
            features: dict[str, FeatureArray] = {view: arrays[f"{view}_{split}"] for view in views}
            splits[split] = Items(features, labels.get(f"label_{split}"), split=split)
    for key in labels:
        if key.removeprefix("label_") not in splits:
            raise DataError(f"{key} belongs to no features; give {views[0]}_{key.removeprefix('label_')} too")
    if "query" not in splits:
        if "database" in splits:
            raise DataError(f"{views[0]}_database is searched by queries; give {views[0]}_query too")
        splits["train"], splits["query"] = with_queries(splits["train"])
    return ItemDataset(name, splits["train"], splits["query"], splits.get("database"))


def _read_archive(path: Path) -> dict[str, Any] | None:
    """Arrays of a file of views; None for one of pairs of image and text, or with a name that belongs to no view."""
    with open_archive(path) as archive:
        if archive.names == [ALONE]:
            return {f"{ALONE}_train": archive.read(ALONE)}
        names = [name for name in archive.names if name not in DESCRIPTIVE]
        views = view_names(names)
        known = {f"{view}_{split}" for view in (*views, "label") for split in _SPLITS}
        if not views or {*views} == {"image", "text"} or not known.issuperset(names):
            return None
        if len(views) > 1:
            check_slips(views)
        return {name: archive.read(name) for name in names}


def view_names(names: Iterable[str]) -> list[str]:
    """Views that have training rows, in order."""
    found = [name.removesuffix("_train") for name in names if name.endswith("_train")]
    return [name for name in found if name not in TAKEN and not name.endswith(TAKEN_ENDS)]


def check_slips(views: list[str]) -> None:
    """Refuse a view that is named nearly as ``image`` or ``text`` beside the other of them."""
    for view in views:
        near = difflib.get_close_matches(view, ("image", "text"), n=1, cutoff=_LIKE)
        if near and view not in near and near[0] not in views:
            raise DataError(f"holds {view}_train; did you mean {near[0]}_train? Other views need other names")
