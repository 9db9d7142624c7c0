"""Data sets by name."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from ..errors import DataError
from .clip_retrieval import is_clip_retrieval, load_clip_retrieval
from .dataset import PairedDataset
from .entry import DatasetEntry
from .npz import load_npz
from .parquet import load_parquet
from .published import CAPTIONS, FEATURES, SMALL

__all__ = ["DATASETS", "dataset_entry", "load_dataset"]

DATASETS: dict[str, DatasetEntry] = {
    entry.name: entry for entry in sorted((*FEATURES, *CAPTIONS, *SMALL), key=lambda entry: entry.name)
}


def dataset_entry(name: str) -> DatasetEntry:
    """Return what the catalog knows about a data set; case, ``-`` and ``_`` in the name do not matter.

    Raises:
        DataError: there is no such name.
    """
    entry = DATASETS.get(_plain(name))
    if entry is None:
        raise DataError(f"{name!r} is not a data set of the catalog ({', '.join(DATASETS)}).{_meant(name)}")
    return entry


def load_dataset(
    name_or_path: str | os.PathLike[str],
    data_root: str | os.PathLike[str] | None = None,
    *,
    one_sided: str = "refuse",
) -> PairedDataset:
    """Load a data set by name, or one's own features: ``.npz``, ``.parquet``, a folder of clip-retrieval.

    Args:
        name_or_path: a name in ``DATASETS`` (case, ``-`` and ``_`` do not matter), or the path of a file.
        data_root: the folder with the published files, for sets that are not built in.
        one_sided: of :func:`load_npz`, for ``.npz`` and ``.parquet``; other files hold no items that lack a side.

    Raises:
        DataError: no such name or file, no ``data_root`` where one is needed, or the files are not as they must be.
    """
    name = os.fspath(name_or_path)
    entry = DATASETS.get(_plain(name))
    if entry is None and is_clip_retrieval(Path(name)):
        return load_clip_retrieval(Path(name))
    if entry is None and name.lower().endswith(".parquet"):
        return load_parquet(Path(name), one_sided=one_sided)
    if entry is None and (name.lower().endswith(".npz") or Path(name).is_file()):
        return load_npz(name, one_sided=one_sided)
    if entry is None and Path(name).is_dir():
        raise DataError(
            f"folder {name} holds no features of clip-retrieval (img_emb); photographs go by --images, shards of"
            " features by --stream, the files of a published set by its name and --data-root"
        )
    if entry is None:
        raise DataError(
            f"{name!r} is neither a data set ({', '.join(DATASETS)}) nor a file or folder that exists.{_meant(name)}"
        )
    if data_root is None and not entry.built_in:
        raise DataError(f"{entry.name} is read from its published files; name their folder with --data-root")
    return entry.load(entry, Path(data_root or "."))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _meant(name: str) -> str:
    near = difflib.get_close_matches(_plain(name), DATASETS, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
