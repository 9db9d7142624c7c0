"""The folder that clip-retrieval writes: embeddings in numbered parts, with what they are of."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require
from ..near_codes import first_of_group
from ..plain_json import one_line
from .array_spec import read_npy
from .arrays import FeatureArray
from .caption_records import IMAGE_NAMES, find_name
from .dataset import PairedDataset
from .npz import pairs_of_arrays
from .overlap import row_numbers
from .pairs import Pairs
from .row_parts import RowParts

__all__ = ["QUERY_SHARE", "clip_retrieval_shards", "is_clip_retrieval", "load_clip_retrieval"]

QUERY_SHARE, MOST_QUERIES = 0.1, 5000
_PART = re.compile(r"(img_emb|text_emb|metadata)_(\d+)\.(npy|parquet)")


def is_clip_retrieval(folder: Path) -> bool:
    """Whether a folder has the embeddings of images as ``clip-retrieval inference`` writes them."""
    return (folder / "img_emb").is_dir()


def load_clip_retrieval(folder: Path) -> PairedDataset:
    """Read ``img_emb/img_emb_*.npy`` and ``text_emb/text_emb_*.npy``: row i of each part is a pair.

    Embeddings stay on disk, mapped, in the type of the file, float16 as a rule; they are read once here, to look for
    values that are not finite, and once more to tell images apart. Queries are a tenth of the images, at most 5,000,
    drawn by a fixed seed. Rows of one image stand on one side: those with one ``image_path`` (or another name) in
    ``metadata/metadata_*.parquet``, and those with one embedding, so that a copy under another name is no leak.

    Args:
        folder: the folder with ``img_emb``, ``text_emb`` and, perhaps, ``metadata``.

    Raises:
        DataError: parts are missing, damaged, of different lengths or widths, or hold values that are not finite.
        MissingPackageError: there is metadata, and pyarrow is not installed.
    """
    order, image, text = _matrices(folder)
    try:
        whole = [RowParts([side[number] for number in order]) for side in (image, text)]
        is_query = _queries(_images(_items(folder, order, [len(image[number]) for number in order]), whole[0]))
        train, query = (
            Pairs(*(cast(FeatureArray, RowParts(side.parts, np.flatnonzero(rows))) for side in whole), split=split)
            for split, rows in (("train", ~is_query), ("query", is_query))
        )
        return PairedDataset(folder.resolve().name, train, query)
    except DataError as error:
        raise error if str(folder) in str(error) else DataError(f"{folder}: {error}") from None


def clip_retrieval_shards(folder: Path, *, one_sided: str = "refuse") -> dict[str, Callable[[], Pairs]]:
    """The parts of such a folder as shards for :func:`~ucch.training.train_stream`: by name, in order, what reads one.

    All pairs of a part: no pair is set aside, and equal images are not looked for. A part is read once, when it is
    asked for, to look for values that are not finite.

    Args:
        folder: as of :func:`load_clip_retrieval`; the headers of all parts are read here.
        one_sided: ``refuse`` or ``drop``, what becomes of pairs with a row of NaN.

    Raises:
        DataError: as :func:`load_clip_retrieval`.
    """
    order, image, text = _matrices(folder)

    def read(number: int) -> Pairs:
        sides = [cast(FeatureArray, RowParts([side[number]])) for side in (image, text)]
        if one_sided != "refuse":
            sides = [np.asarray(side) for side in sides]
        try:
            return pairs_of_arrays(dict(zip(("image", "text"), sides, strict=True)), split="train", one_sided=one_sided)
        except DataError as error:
            raise DataError(f"part {number} of {folder}: {error}") from None

    return {f"{folder}, part {number}": partial(read, number) for number in order}


def _matrices(folder: Path) -> tuple[list[int], dict[int, FeatureArray], dict[int, FeatureArray]]:
    """Numbers of the parts in order, and by those the embeddings of images and of texts, mapped."""
    images, texts = _parts(folder, "img_emb"), _parts(folder, "text_emb")
    for kind, one, other in (("text_emb", images, texts), ("img_emb", texts, images)):
        missing = sorted(set(one) - set(other))
        if missing:
            raise DataError(f"{folder} lacks part {missing[0]} of {kind}; the other modality has it")
    order = sorted(images)
    image, text = ({number: read_npy(parts[number]) for number in order} for parts in (images, texts))
    for number in order:
        for parts, side in ((images, image), (texts, text)):
            if side[number].ndim != 2:
                raise DataError(f"{parts[number]} must have shape (rows, features), got shape {side[number].shape}")
        if len(image[number]) != len(text[number]):
            raise DataError(
                f"{images[number]} has {len(image[number])} rows and {texts[number]} {len(text[number])};"
                " row i of both must be a pair"
            )
    return order, image, text


def _parts(folder: Path, kind: str) -> dict[int, Path]:
    """Parts by number."""
    ending = "parquet" if kind == "metadata" else "npy"
    found: dict[int, Path] = {}
    for path in sorted((folder / kind).glob(f"{kind}_*.{ending}")):
        named = _PART.fullmatch(path.name)
        if named is None:
            continue
        if not path.is_file():
            raise DataError(f"{path} is not a file")
        if found.setdefault(int(named[2]), path) != path:
            raise DataError(f"{found[int(named[2])]} and {path} have one number")
    if not found and kind != "metadata":
        raise DataError(
            f"{folder} lacks {kind}/{kind}_0.npy; clip-retrieval inference writes it"
            + (" with --enable_text True" if kind == "text_emb" else "")
        )
    return found


def _items(folder: Path, order: list[int], lengths: list[int]) -> npt.NDArray[np.int64]:
    """The image of each row, as a number."""
    paths, n_rows = _parts(folder, "metadata"), sum(lengths)
    if not paths:
        return np.arange(n_rows)
    arrow = require("pyarrow", extra="data", need="the metadata of clip-retrieval")
    parquet = require("pyarrow.parquet", extra="data", need="the metadata of clip-retrieval")
    names: list[Any] = []
    for number, length in zip(order, lengths, strict=True):
        if number not in paths:
            raise DataError(f"{folder} lacks part {number} of metadata, which other parts have")
        try:
            with parquet.ParquetFile(paths[number]) as file:
                n_found, column = (
                    file.metadata.num_rows,
                    find_name(file.schema_arrow.names, ("imagepath", *IMAGE_NAMES)),
                )
                if n_found != length:
                    raise DataError(f"{paths[number]} has {n_found} rows, the embeddings of that part {length}")
                if column is None:
                    return np.arange(n_rows)
                names += file.read(columns=[column])[column].chunks
        except DataError:
            raise
        except (OSError, ValueError, TypeError, KeyError, MemoryError, arrow.ArrowException) as error:
            raise DataError(f"{paths[number]} cannot be read as Parquet: {one_line(error)}") from error
    try:
        coded = arrow.chunked_array(names).dictionary_encode().unify_dictionaries().combine_chunks()
        coded = coded.chunk(0) if hasattr(coded, "chunk") else coded
        items: npt.NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy().astype(np.int64)
    except (ValueError, TypeError, arrow.ArrowException) as error:
        raise DataError(f"{folder}: the names of its images cannot be compared: {one_line(error)}") from error
    if len(items) != n_rows:
        raise DataError(f"{folder}: the metadata names {len(items)} images for {n_rows} rows; write it anew")
    unnamed = items < 0
    items[unnamed] = items.max(initial=0) + 1 + np.arange(int(unnamed.sum()))
    return items


def _images(items: npt.NDArray[np.int64], embeddings: RowParts) -> npt.NDArray[np.int64]:
    """The image of each row, as a number: rows of one item are, and rows of equal embeddings."""
    rows, firsts = np.arange(len(items)), []
    for numbers in (items, row_numbers(cast(FeatureArray, embeddings))):
        _, first, of_row = np.unique(numbers, return_index=True, return_inverse=True)
        firsts.append(first[of_row])
    return first_of_group(len(items), np.concatenate([rows, rows]), np.concatenate(firsts))


def _queries(items: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Draw whole images until the share is reached."""
    numbers, of_row = np.unique(items, return_inverse=True)
    if len(numbers) < 2:
        raise DataError(f"a split needs at least 2 images, got {len(numbers)}")
    n_query = min(max(1, round(QUERY_SHARE * len(numbers))), MOST_QUERIES)
    is_query = np.zeros(len(numbers), dtype=np.bool_)
    is_query[np.random.default_rng(0).permutation(len(numbers))[:n_query]] = True
    chosen: npt.NDArray[np.bool_] = is_query[of_row]
    return chosen
