"""Captions: which text belongs to which image file, from the usual kinds of files."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..plain_json import parse_json
from ..text_lines import read_lines, read_text
from .caption_rows import RowNumbers

__all__ = ["IMAGE_ENDINGS", "Captions", "read_captions", "read_texts"]

IMAGE_NAMES = ("image", "file_name", "filename", "image_name", "image_path")
CAPTION_NAMES = ("caption", "text", "sentence", "comment", "description")
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Captions:
    """Hold texts and the images they describe.

    Args:
        images: file names, each once, in the order in which the captions first name them.
        texts: captions in the order of the file; white space at the ends is cut, none is empty.
        image_of_text: for each text, the place of its image in ``images``.
        n_empty: captions left out because they held no text.

    Example:
        >>> captions = Captions.of([("a.jpg", "a dog"), ("b.jpg", "a cat"), ("a.jpg", "it runs ")])
        >>> captions.images, captions.texts, captions.image_of_text.tolist()
        (('a.jpg', 'b.jpg'), ('a dog', 'a cat', 'it runs'), [0, 1, 0])
    """

    images: tuple[str, ...]
    texts: tuple[str, ...]
    image_of_text: RowNumbers
    n_empty: int = 0

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> Captions:
        """Collect (image, caption) rows."""
        place: dict[str, int] = {}
        texts, image_of_text, n_empty = [], [], 0
        for image, caption in rows:
            text = caption.strip()
            if not text:
                n_empty += 1
                continue
            texts.append(text)
            image_of_text.append(place.setdefault(image.strip(), len(place)))
        return cls(tuple(place), tuple(texts), np.array(image_of_text, dtype=np.int64), n_empty)

    def text_ids(self) -> list[str]:
        """Name each text: ``name#k`` for the k-th caption of an image, from 0."""
        seen = [0] * len(self.images)
        ids = []
        for image in self.image_of_text.tolist():
            ids.append(f"{self.images[image]}#{seen[image]}")
            seen[image] += 1
        return ids


def read_captions(path: str | os.PathLike[str], images: str | os.PathLike[str] | None = None) -> Captions:
    """Read captions; an image may have several.

    * ``.csv`` or ``.tsv`` with a heading that has a column ``image`` (or ``file_name``, ``filename``, ...) and a
      column ``caption`` (or ``text``, ``sentence``, ...); other columns are not read.
    * ``.jsonl``, an object per line with the same two names; a list of strings there is several captions.
    * ``.json`` in COCO's layout: ``images`` with ``id`` and ``file_name``, ``annotations`` with ``image_id`` and
      ``caption``.
    * a folder with one ``.txt`` per image, named as the image is; its whole content is one caption.

    Args:
        path: the file or folder.
        images: the folder of the image files, which a folder of texts is matched with.

    Raises:
        DataError: the file is missing or of another kind, or a line lacks image or caption; the message has the line.
    """
    path = Path(path)
    if path.is_dir():
        rows = _text_folder(path, Path(images) if images is not None else path)
    elif not path.is_file():
        raise DataError(f"captions {path} are neither a file nor a folder")
    elif path.suffix.lower() in _READERS:
        rows = _READERS[path.suffix.lower()](path)
    else:
        raise DataError(f"captions {path} must end in {', '.join(_READERS)}, or be a folder of .txt files")
    captions = Captions.of(rows)
    if not captions.texts:
        raise DataError(f"captions {path} hold no caption")
    for image in captions.images:
        if not image or "\0" in image or Path(image).is_absolute() or ".." in Path(image).parts:
            raise DataError(
                f"captions {path} name the image {image[:200]!r}; a name must lead into the folder of images"
            )
    return captions


def read_texts(path: str | os.PathLike[str]) -> tuple[list[str], list[str]]:
    """Read texts without images, to be encoded.

    Args:
        path: a ``.txt`` file, a text per line, or captions as :func:`read_captions` takes them.

    Returns:
        The texts and an id of each: the number of the line, from 1, or ``name#k`` for captions. Empty lines are left
        out and keep their number.

    Raises:
        DataError: the file is missing, of another kind, or holds no text.
    """
    path = Path(path)
    if path.suffix.lower() != ".txt" or path.is_dir():
        captions = read_captions(path)
        return list(captions.texts), captions.text_ids()
    if not path.is_file():
        raise DataError(f"texts {path} are not a file")
    lines = [(str(number), line.strip()) for number, line in enumerate(read_lines(path), start=1)]
    kept = [(number, line) for number, line in lines if line]
    if not kept:
        raise DataError(f"texts {path} hold no text")
    return [line for _, line in kept], [number for number, _ in kept]


def _table(path: Path, delimiter: str) -> Iterator[tuple[str, str]]:
    lines = io.StringIO(read_text(path), newline="")
    # quotes are text in a TSV, as most of its writers have it
    reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if delimiter == "\t" else csv.reader(lines)
    try:
        heading = [name.strip().lower() for name in next(reader, [])]
        image, caption = (_column(path, heading, names) for names in (IMAGE_NAMES, CAPTION_NAMES))
        for row in reader:
            if not row:
                continue
            if len(row) != len(heading):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(row)} columns, the heading has {len(heading)};"
                    " quote captions that hold the delimiter"
                )
            yield row[image], row[caption]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error


def _column(path: Path, heading: list[str], names: tuple[str, ...]) -> int:
    for name in names:
        if name in heading:
            return heading.index(name)
    raise DataError(f"{path} must have a column {' or '.join(names)} in its first line, got {', '.join(heading)[:200]}")


def _json_lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            entry = parse_json(line)
        except ValueError as error:
            raise DataError(f"{where}: not JSON: {error}") from error
        image, caption = _field(where, entry, IMAGE_NAMES), _field(where, entry, (*CAPTION_NAMES, "captions"))
        several = caption if isinstance(caption, list) else [caption]
        if not isinstance(image, str) or not all(isinstance(text, str) for text in several):
            raise DataError(f"{where}: image must be a string, caption a string or a list of strings")
        yield from ((image, text) for text in several)


def _field(where: str, entry: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if isinstance(entry, dict) and name in entry:
            return entry[name]
    raise DataError(f"{where}: must be an object with a key {' or '.join(names)}")


def _coco(path: Path) -> Iterator[tuple[str, str]]:
    try:
        content = parse_json(read_text(path))
        names = {entry["id"]: str(entry["file_name"]) for entry in content["images"]}
        rows = [(entry["image_id"], str(entry["caption"])) for entry in content["annotations"]]
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not in COCO's layout (images with id and file_name, annotations with image_id and caption):"
            f" {type(error).__name__} {error}"
        ) from error
    for number, caption in rows:
        if not isinstance(number, (int, str)) or number not in names:
            raise DataError(f"{path}: an annotation names image_id {number!r}, which is not among the images")
        yield names[number], caption


def _text_folder(texts: Path, images: Path) -> Iterator[tuple[str, str]]:
    if not images.is_dir():
        raise DataError(f"{images} is not a folder of images, which the texts in {texts} are matched with")
    for image in sorted(images.rglob("*")):
        beside = (texts / image.relative_to(images)).with_suffix(".txt")
        if image.suffix.lower() in IMAGE_ENDINGS and beside.is_file():
            yield image.relative_to(images).as_posix(), read_text(beside)


_READERS = {
    ".csv": lambda path: _table(path, ","),
    ".tsv": lambda path: _table(path, "\t"),
    ".jsonl": _json_lines,
    ".json": _coco,
}
