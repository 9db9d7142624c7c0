"""Features as one Parquet file, a row per caption."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..extras import require
from ..files import check_file
from ..plain_json import one_line
from .arrays import FeatureArray
from .dataset import PairedDataset
from .pairs import Pairs
from .parquet_lists import list_matrix
from .sides import one_sided_pairs
from .sizes import check_size
from .split_names import QUERY_SPLITS, TRAIN_SPLITS, VALIDATION_SPLITS, sides_of

__all__ = ["check_declared", "column_matrix", "load_parquet", "split_sides"]

_COLUMNS = ("split", "image_id", "text_id", "image", "text")
_VALUE_BYTES = 8  # of a value in memory, at most, texts aside


def load_parquet(path: Path, *, one_sided: str = "refuse") -> PairedDataset:
    """Read a paired data set from a Parquet file, as ``ucch extract`` writes it: a row per caption.

    Columns: ``split``, ``image_id``, ``text_id``, and ``image`` and ``text``, lists of numbers of one length each. Rows
    of one ``image_id`` are captions of one image and hold its features, each the same. Splits are called as
    :func:`~ucch.data.split_names.sides_of` says: the queries are the ``query`` or ``test`` rows, or the validation rows
    where there are none; validation rows beside test rows stand aside, which a warning counts.

    Args:
        path: the file.
        one_sided: what becomes of rows that lack an image or a text, null or a list of NaN; ``refuse`` (default),
            ``drop`` or ``keep``, as of :func:`~ucch.data.load_npz`. An ``image_id`` may be null where the image is: the
            row is then an item by itself.

    Raises:
        DataError: the file is damaged or has other columns, a split has a name without a meaning, an image stands in
            both splits or has two rows of features, or lists differ in length.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = require("pyarrow", extra="data", need="a Parquet file")
    parquet = require("pyarrow.parquet", extra="data", need="a Parquet file")
    check_file(path, DataError, due="; a Parquet file of features is expected there")
    try:
        with parquet.ParquetFile(path) as file:
            _check(path, file)
            table = file.read(columns=list(_COLUMNS))
        words = {name: table[name].to_pylist() for name in _COLUMNS[:3]}
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {one_line(error)}") from error
    strict = one_sided == "refuse"
    images, texts = (column_matrix(path, table, kind, strict=strict) for kind in ("image", "text"))
    for name in _COLUMNS[1:3]:
        known: npt.NDArray[np.bool_] = np.ones(len(images), dtype=bool)
        if not strict:
            known = _there(images if name == "image_id" else texts)
        _check_words(path, name, words[name], known)
    sides = split_sides(path, words["split"])
    image_ids = np.array(
        [f"\0{row}" if name is None else str(name) for row, name in enumerate(words["image_id"])], dtype=object
    )
    _check_apart(path, image_ids, sides)
    pairs = {}
    for split, side in sides.items():
        rows = np.flatnonzero(side)
        try:
            pairs[split] = _pairs(path, split, rows, (image_ids, images, texts), one_sided)
        except DataError as error:
            raise error if str(path) in str(error) else DataError(f"{path}: {error}") from None
    return PairedDataset(path.stem, pairs["train"], pairs["query"])


def _pairs(
    path: Path,
    split: str,
    rows: npt.NDArray[Any],
    columns: tuple[npt.NDArray[Any], npt.NDArray[np.float32], npt.NDArray[np.float32]],
    one_sided: str,
) -> Pairs:
    """Pairs of the rows of a split, items in the order of their first row; columns are ids of images and features."""
    names, image, text = columns[0][rows], columns[1][rows], columns[2][rows]
    _, first, item = np.unique(names, return_index=True, return_inverse=True)
    in_order = np.argsort(first)
    item = np.argsort(in_order)[item]
    first = _first_there(image, item, first[in_order])
    _check_repeats(path, columns[0], rows, image, first[item])
    told = np.flatnonzero(_rows_told(text, item))
    item, text = item[told], text[told]
    if len(first) == len(told):
        image, of_image = image[first[item]], None
    else:
        image, of_image = image[first], item
    if one_sided == "refuse":
        return Pairs(image, text, split=split, image_of_text=of_image)
    return one_sided_pairs(image, text, None, {}, how=one_sided, split=split, image_of_text=of_image)


def _first_there(image: FeatureArray, item: npt.NDArray[Any], first: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """For each item its first row with an image, or its first row where none has."""
    there = np.flatnonzero(_there(image))[::-1]
    found = first.copy()
    found[item[there]] = there
    return found


def _rows_told(text: FeatureArray, item: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows with a text, and for an item that has none its first row."""
    kept = _there(text)
    items, first = np.unique(item, return_index=True)
    kept[first[~np.isin(items, item[kept])]] = True
    return kept


def _there(features: FeatureArray) -> npt.NDArray[np.bool_]:
    """Which rows are not all of NaN."""
    return np.asarray(~np.isnan(features).all(axis=1))


def _check(path: Path, file: Any) -> None:
    """Columns there, once each, and no larger than the file can honestly say."""
    names = file.schema_arrow.names
    missing = [name for name in _COLUMNS if names.count(name) != 1]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(names)[:500]}")
    check_declared(path, file)


def check_declared(path: Path, file: Any) -> None:
    """Refuse an open file whose columns are said to be larger than a file of its length can honestly hold."""
    meta, declared = file.metadata, 0
    for group in range(meta.num_row_groups):
        row_group = meta.row_group(group)
        for column in range(row_group.num_columns):
            chunk = row_group.column(column)
            declared += max(0, chunk.total_uncompressed_size, _VALUE_BYTES * chunk.num_values)
    check_size(path, "its columns", declared)
    check_size(path, "its rows", _VALUE_BYTES * meta.num_rows)


def split_sides(path: Path, splits: Sequence[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Training rows and those that ask; every other row of the column ``split`` is named, in a refusal or a warning."""
    _check_words(path, "split", splits, np.ones(len(splits), dtype=bool))
    known = (*TRAIN_SPLITS, *QUERY_SPLITS, *VALIDATION_SPLITS)
    counts = Counter(splits)
    found = ", ".join(f"{name!r} ({count} rows)" for name, count in counts.most_common(10)) or "no row"
    if any(name.strip().lower() not in known for name in counts):
        raise DataError(f"{path}: column split must hold one of {', '.join(known)}, got {found}; rename or drop rows")
    sides = sides_of(splits)
    if sides is None:
        raise DataError(
            f"{path}: column split must have training rows ({', '.join(TRAIN_SPLITS)}) and queries"
            f" ({', '.join((*QUERY_SPLITS, *VALIDATION_SPLITS))}), got {found}"
        )
    aside = len(splits) - int(sides[0].sum() + sides[1].sum())
    if aside:
        warnings.warn(f"{path}: {aside} validation rows are left out beside test rows; splits: {found}", stacklevel=4)
    return dict(zip(("train", "query"), sides, strict=True))


def _check_words(path: Path, name: str, column: Sequence[object], known: npt.NDArray[np.bool_]) -> None:
    kinds, said = ((str,), "texts") if name == "split" else ((str, int), "texts or whole numbers")
    for row, word in enumerate(column):
        if word is None and not known[row]:
            continue  # of a side that is not there
        if not isinstance(word, kinds) or isinstance(word, bool):
            raise DataError(f"{path}: column {name} must hold {said}, but row {row} holds {repr(word)[:100]}")


def _check_apart(path: Path, image_ids: npt.NDArray[Any], sides: dict[str, npt.NDArray[np.bool_]]) -> None:
    """No image on both sides, whatever its captions are."""
    train, query = (dict.fromkeys(image_ids[rows]) for rows in sides.values())
    both = [name for name in query if name in train]
    if both:
        raise DataError(
            f"{path}: {len(both)} image_id stand in both splits, so that queries find themselves (the first are"
            f" {', '.join(both[:3])}); split by image, not by caption"
        )


def _check_repeats(
    path: Path, image_ids: npt.NDArray[Any], rows: npt.NDArray[Any], image: FeatureArray, first: npt.NDArray[Any]
) -> None:
    """Rows of one image_id hold one image: features of another one under its name would be lost."""
    differs = (image != image[first]).any(axis=1) & ~np.isnan(image).any(axis=1)  # NaN is refused by its own name
    if differs.any():
        at = int(differs.argmax())
        raise DataError(
            f"{path}: rows {rows[first[at]]} and {rows[at]} have one image_id, {str(image_ids[rows[at]])[:200]!r}, but"
            " different features in the column image; give every image an id of its own"
        )


def column_matrix(path: Path, table: Any, kind: str, *, strict: bool = True) -> npt.NDArray[np.float32]:
    """A column of lists as a matrix, by its name; unless ``strict``, NaN where there is no list."""
    column, said = table[kind], f"{path}: column {kind}"
    there = slice(None) if strict else ~np.asarray(column.is_null())
    with np.errstate(over="ignore"):  # what does not fit into float32 is refused as not finite
        rows = list_matrix(column if strict else column.drop_null(), said)
        found = np.full((len(column), rows.shape[1]), np.nan, dtype=np.float32)
        found[there] = rows
    return found
