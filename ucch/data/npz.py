"""One's own features as one ``.npz`` file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..files import replacing
from .archives import open_archive
from .arrays import FeatureArray
from .dataset import PairedDataset
from .labels import LabelMatrix, multi_hot
from .pairs import Pairs
from .query_part import with_queries
from .sides import one_sided_pairs

__all__ = ["load_npz", "pairs_of_arrays", "save_npz"]

REQUIRED = ("image_train", "text_train")
QUERIES = ("image_query", "text_query")
DESCRIPTIVE = ("encoders", "image_id_train", "text_id_train", "image_id_query", "text_id_query")  # kept, not read here
BESIDE = ("label", "image_of_text", "image_seen", "text_seen")
OPTIONAL = (
    *("label_train", "label_query", "image_database", "text_database", "label_database"),
    *("image_of_text_train", "image_of_text_query", "image_of_text_database"),
    *(f"{kind}_seen_{split}" for kind in ("image", "text") for split in ("train", "query", "database")),
)


def load_npz(path: str | os.PathLike[str], *, one_sided: str = "refuse") -> PairedDataset:
    """Read a paired data set from an ``.npz`` file, as ``numpy.savez`` writes it, or from the same arrays elsewhere:

    tensors in ``.safetensors``, a dict of them in ``.pt`` or ``.pth``, or HDF5 in ``.h5`` or ``.hdf5``. Nothing in the
    file is executed. Arrays, one row per pair:

    * ``image_train`` (N, dx), ``text_train`` (N, dy): required; in a file whose names all lack the ending, ``image``
      and ``text`` are these.
    * ``image_query`` (Q, dx), ``text_query`` (Q, dy): pairs that ask; without them one training pair in ten does, at
      most 1,000, by a fixed draw that leaves the pairs of one image together.
    * ``label_train``, ``label_query``: integer classes (n,) or 0/1 multi-hot (n, C), for evaluation only.
    * ``image_database``, ``text_database``, ``label_database``: where the queries do not search the training pairs.
    * ``image_of_text_train``, ``image_of_text_query``, ``image_of_text_database``: the image row of each text row,
      integers, where images have several captions; labels then go by image.
    * ``image_seen_train``, ``text_seen_train`` and so on: (n,) bool, which items have that side. A row of NaN says the
      same; of several captions all rows must.

    Args:
        path: the file; its name without the ending becomes the data set's name.
        one_sided: what becomes of items that lack a side: ``refuse`` (default), ``drop``, or ``keep``, which keeps them
            in training and database; queries ask both ways and must have both.

    Raises:
        DataError: the file is missing or damaged, or an array is missing, unknown, of a wrong shape or kind, or
            not finite.
    """
    path = Path(path)
    arrays = _read_arrays(path)
    try:
        return _assemble(path.stem, arrays, one_sided)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def save_npz(
    path: str | os.PathLike[str],
    dataset: PairedDataset,
    *,
    extra: Mapping[str, FeatureArray] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a data set in the form :func:`load_npz` reads; the file appears whole or not at all.

    Args:
        path: the file, ending in ``.npz``.
        dataset: labels are written as multi-hot.
        extra: arrays to write beside the features, such as ids; :func:`load_npz` passes over them.
        overwrite: replace a file that is there.

    Returns:
        The path written.

    Raises:
        DataError: the ending is another one, the folder is missing, the file exists and may not be
            replaced, or it cannot be written.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise DataError(f"{path} must end in .npz")
    if not path.parent.is_dir():
        raise DataError(f"folder {path.parent} does not exist")
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists; choose another name or pass overwrite=True")
    arrays: dict[str, FeatureArray] = dict(extra or {})
    splits = {"train": dataset.train, "query": dataset.query}
    if not dataset.database_is_train:
        splits["database"] = dataset.database
    for split, pairs in splits.items():
        arrays |= {f"image_{split}": pairs.image, f"text_{split}": pairs.text}
        if pairs.label is not None:
            arrays[f"label_{split}"] = pairs.label
        if not pairs.all_complete:
            arrays |= {f"{kind}_seen_{split}": mask for kind, mask in pairs.seen.items()}
        if pairs.image_of_text is not None:
            arrays[f"image_of_text_{split}"] = pairs.image_of_text
    objects = [name for name, array in arrays.items() if array.dtype.hasobject]
    if objects:  # savez of NumPy 2.0 would write them as pickles
        raise DataError(f"{', '.join(objects)} must hold numbers or text, got Python objects")
    with replacing(path, error=DataError) as aside, open(aside, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # not allow_pickle=, which NumPy 2.0 would store
    return path


def _read_arrays(path: Path) -> dict[str, FeatureArray]:
    with open_archive(path) as archive:
        ending = "_train" if set(archive.names) <= {"image", "text", *BESIDE} else ""
        _check_names(path, [name + ending for name in archive.names])
        return {name + ending: archive.read(name) for name in archive.names if name not in DESCRIPTIVE}


def _check_names(path: Path, names: list[str]) -> None:
    known = (*REQUIRED, *QUERIES, *OPTIONAL)
    for name in names:
        if name not in known and name not in DESCRIPTIVE:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else "."
            raise DataError(f"{path} holds an unknown array {name[:100]!r}{meant} Known names: {', '.join(known)}")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise DataError(
            f"{path} lacks {', '.join(missing)}; it holds {', '.join(names) or 'no array'}."
            f" Required: {', '.join(REQUIRED)}; a set of one view or of others is read by ucch.data.load_items"
        )
    both = (QUERIES, ("image_database", "text_database"))
    for one, other in (*both, *((text, image) for image, text in both)):
        if one in names and other not in names:
            raise DataError(f"{path} holds {one} but lacks {other}; give both or neither")
    for split in ("query", "database"):
        for kind in BESIDE:
            if f"{kind}_{split}" in names and f"image_{split}" not in names:
                raise DataError(f"{path} holds {kind}_{split} but lacks image_{split} and text_{split}")
    if "image_database" in names and "image_query" not in names:
        raise DataError(f"{path} holds image_database but lacks image_query and text_query, which search it")


def _assemble(name: str, arrays: dict[str, FeatureArray], one_sided: str) -> PairedDataset:
    labels = multi_hot({key: array for key, array in arrays.items() if key.startswith("label_")})
    splits = {
        split: pairs_of_arrays(_of_split(arrays, split), labels.get(f"label_{split}"), split=split, one_sided=one_sided)
        for split in ("train", "query", "database")
        if f"image_{split}" in arrays
    }
    if "query" not in splits:
        splits["train"], splits["query"] = with_queries(splits["train"])
    return PairedDataset(name, splits["train"], splits["query"], splits.get("database"))


def _of_split(arrays: Mapping[str, FeatureArray], split: str) -> dict[str, FeatureArray]:
    ending = f"_{split}"
    return {name.removesuffix(ending): array for name, array in arrays.items() if name.endswith(ending)}


def pairs_of_arrays(
    arrays: Mapping[str, FeatureArray],
    label: LabelMatrix | None = None,
    *,
    split: str = "",
    one_sided: str = "refuse",
) -> Pairs:
    """Make the pairs of a split of the arrays in a file.

    Args:
        arrays: ``image`` and ``text``, and ``image_of_text``, ``image_seen``, ``text_seen`` where the file has them.
        label: of the items, or None.
        split: the ending of their names in messages.
        one_sided: as of :func:`load_npz`.

    Raises:
        DataError: as of :func:`load_npz`.
    """
    image, text, of_text = arrays["image"], arrays["text"], arrays.get("image_of_text")
    masks = {kind: arrays[f"{kind}_seen"] for kind in ("image", "text") if f"{kind}_seen" in arrays}
    if one_sided != "refuse":
        return one_sided_pairs(image, text, label, masks, how=one_sided, split=split, image_of_text=of_text)
    for kind, mask in masks.items():
        if not np.asarray(mask).all():
            name = f"{kind}_seen_{split}" if split else f"{kind}_seen"
            raise DataError(
                f"{name} says that {int((~np.asarray(mask, dtype=bool)).sum())} rows lack that side; leave"
                " them out or keep them by one_sided, --one-sided drop or keep"
            )
    return Pairs(image, text, label, split=split, image_of_text=of_text)
