"""Captions: which text belongs to which image, from the files and folders that people have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..images.sources import ImageSource
from .caption_alone import Alone
from .caption_layouts import layout_rows
from .caption_records import Row
from .image_names import NameTable
from .image_of_text import RowNumbers
from .left_out import LeftOut
from .named_files import named_files

__all__ = ["Captions", "read_captions"]

EMPTY, NULL = "captions without text", "captions that are null"
MISSING, UNNAMED = "captions whose picture is not there", "pictures without a caption"


@dataclass(frozen=True)
class Captions:
    """Hold texts and the images they describe.

    Args:
        images: names, each once, in the order in which the captions first name them.
        texts: captions in the order of the file; white space at the ends is cut, none is empty.
        image_of_text: for each text, the place of its image in ``images``.
        n_empty: captions left out because they held no text.
        splits: the split that the file says of each image, as it writes it; empty where it says none.
        left_out: everything that was left out, by reason; ``n_empty`` is among it.
        alone: what has one side, where that is kept.

    Example:
        >>> captions = Captions.of([("a.jpg", "a dog"), ("b.jpg", "a cat"), ("a.jpg", "it runs ")])
        >>> captions.images, captions.texts, captions.image_of_text.tolist()
        (('a.jpg', 'b.jpg'), ('a dog', 'a cat', 'it runs'), [0, 1, 0])
    """

    images: tuple[str, ...]
    texts: tuple[str, ...]
    image_of_text: RowNumbers
    n_empty: int = 0
    splits: tuple[str, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)
    alone: Alone = field(default_factory=lambda: Alone({}, []))

    @classmethod
    def of(
        cls, rows: Iterable[tuple[str, str] | Row], left_out: LeftOut | None = None, *, one_sided: bool = False
    ) -> Captions:
        """Collect (image, caption) rows, or :class:`Row` with a split.

        Args:
            rows: to collect.
            left_out: where what is left out is counted.
            one_sided: keep images that have no text, and texts of no image, in ``alone``.

        Raises:
            DataError: an image stands in two splits; a text has no image, and such are not kept.
        """
        place: dict[str, int] = {}
        left_out = LeftOut() if left_out is None else left_out
        texts, image_of_text = [], []
        splits: list[str] = []
        without: list[Row] = []
        alone = Alone({}, [])
        for row in rows:
            image, caption, split, name, refusal = Row(*row)
            text = "" if caption is None else caption.strip()
            if not text and one_sided and image:
                without.append(Row(*row))
                continue
            if not text:
                left_out.add(NULL if caption is None else EMPTY, image or name)
                continue
            if not image and not one_sided:
                raise DataError(refusal)
            if not image:
                alone.texts.append((name, text, split))
                continue
            texts.append(text)
            number = place.setdefault(image.strip(), len(place))
            image_of_text.append(number)
            if number == len(splits):
                splits.append(split)
            elif splits[number] != split:
                raise DataError(f"the image {image[:200]!r} stands in the splits {splits[number]!r} and {split!r}")
        for row in without:
            if row.image.strip() in place:
                left_out.add(NULL if row.caption is None else EMPTY, row.image)
            else:
                alone.images.setdefault(row.image.strip(), row.split)
        return cls(
            tuple(place),
            tuple(texts),
            np.array(image_of_text, dtype=np.int64),
            left_out.count(EMPTY) + left_out.count(NULL),
            tuple(splits) if any(splits) else (),
            left_out,
            alone,
        )

    def text_ids(self) -> list[str]:
        """Name each text: ``name#k`` for the k-th caption of an image, from 0."""
        seen = [0] * len(self.images)
        ids = []
        for image in self.image_of_text.tolist():
            ids.append(f"{self.images[image]}#{seen[image]}")
            seen[image] += 1
        return ids

    def found_in(self, source: ImageSource, *, one_sided: bool = False) -> tuple[Captions, RowNumbers]:
        """These captions, with images by the names that they have in a place of pictures.

        Shards and tables are read from front to back, so that the images are in their order; those of folders stay in
        the order of the captions.

        A name is looked for as :class:`~ucch.data.image_names.NameTable` says. Captions whose picture is not there and
        pictures without a caption are counted in ``left_out``; with ``one_sided`` they are in ``alone``.

        Returns:
            The captions, and for each of their images the place of the name that it had here.

        Raises:
            DataError: no picture is found, with the nearest name; or two names fit one picture equally well.
        """
        listed = list(source.names)
        if source.kind == "folder":  # a file counts by its name, whatever its ending
            listed += named_files(source, [*self.images, *self.alone.images])
        table, n_named = NameTable(listed), len(self.images)
        found_places = table.find_all([*self.images, *self.alone.images], "captions")
        places, undescribed = found_places[:n_named], found_places[n_named:]
        left_out, n_texts = self.left_out.merged(), np.bincount(self.image_of_text, minlength=len(self.images))
        for name, place, count in zip(self.images, places, n_texts.tolist(), strict=True):
            if place is None and not one_sided:
                shown = left_out.count(MISSING) and len(left_out[MISSING][1]) >= 3
                near = "" if shown else table.nearest(name)
                left_out.add(MISSING, f"{name[:100]}, nearest {near}" if near else name, count)
        used = {place for place in places if place is not None}
        if not used:
            near = table.nearest(self.images[0])
            raise DataError(
                f"images {source.path} hold none of the {len(self.images)} pictures that the captions name, such as"
                f" {self.images[0][:200]!r}" + (f"; the nearest name is {near!r}" if near else "")
            )
        alone = Alone({}, list(self.alone.texts))
        known = {listed[place] for place in used}
        for (name, split), place in zip(self.alone.images.items(), undescribed, strict=True):
            if place is None:
                left_out.add(MISSING, name)
            elif listed[place] not in known:
                known.add(listed[place])
                alone.images[listed[place]] = split
        for name in source.names:
            if name not in known and one_sided:
                alone.images[name] = ""
            elif name not in known:
                left_out.add(UNNAMED, name)
        if one_sided:
            alone.texts.extend(
                (name, text, self.splits[image] if self.splits else "")
                for name, text, image in zip(self.text_ids(), self.texts, self.image_of_text.tolist(), strict=True)
                if places[image] is None
            )
        left_out = left_out.merged(LeftOut.of_source(source))
        rows = (
            Row(listed[place], text, self.splits[image] if self.splits else "")
            for image, text in zip(self.image_of_text.tolist(), self.texts, strict=True)
            if (place := places[image]) is not None
        )
        found = Captions.of(rows, left_out)
        if source.kind != "folder":
            found = found._in_order_of(source.names)
        found = replace(found, alone=alone)
        named = {listed[place]: row for row, place in reversed(list(enumerate(places))) if place is not None}
        return found, np.array([named[image] for image in found.images], dtype=np.int64)

    def of_images(self, chosen: npt.NDArray[np.bool_], reason: str) -> Captions:
        """The captions of some images; the others are counted in ``left_out`` by the name of their split.

        Args:
            chosen: (images,), which ones.
            reason: why the others are left out; the name of the split follows.
        """
        left_out = self.left_out.merged()
        rows = []
        for image, text in zip(self.image_of_text.tolist(), self.texts, strict=True):
            split = self.splits[image] if self.splits else ""
            if chosen[image]:
                rows.append(Row(self.images[image], text, split))
            else:
                left_out.add(f"{reason} {split!r}", self.images[image])
        return replace(Captions.of(rows, left_out), alone=self.alone)

    def _in_order_of(self, names: Sequence[str]) -> Captions:
        """The same with images in this order."""
        place = {name: number for number, name in enumerate(names)}
        order = sorted(range(len(self.images)), key=lambda row: place[self.images[row]])
        new = np.empty(len(order), dtype=np.int64)
        new[order] = np.arange(len(order))
        return Captions(
            tuple(self.images[row] for row in order),
            self.texts,
            new[self.image_of_text],
            self.n_empty,
            tuple(self.splits[row] for row in order) if self.splits else (),
            self.left_out,
            self.alone,
        )


def read_captions(
    path: str | os.PathLike[str],
    images: str | os.PathLike[str] | None = None,
    *,
    encoding: str | None = None,
    one_sided: bool = False,
) -> Captions:
    """Read captions; an image may have several. What a file holds decides how it is read, not its ending.

    * JSON: COCO's layout, Karpathy's with its ``split``, a list of records such as BLIP's, an object of columns or of
      names with texts; or an object per line.
    * Parquet with a column of names and one of captions, texts or lists of them.
    * delimited text, cut by ``,``, tab, ``;`` or ``|``, with a heading that names the columns (``image``,
      ``file_name``, ``filepath``, ...; ``caption``, ``text``, ``title``, ...); or without one, as token files are
      (``name#k``, a tab, the caption).
    * a folder with a text per picture, ``x.txt``, ``x.jpg.txt`` or ``x.caption``, a caption a line; shards of
      webdataset; tables with pictures in them (:func:`~ucch.images.sources.open_images`).

    Any of the files may be compressed by gzip.

    Args:
        path: the file or folder.
        images: the folder of the image files, which a folder of texts is matched with.
        encoding: of text; None believes a byte-order mark, and is UTF-8 without one.
        one_sided: keep images whose captions are empty or null, and captions whose image is, in ``alone``; else the
            former are left out, and the latter an error.

    Raises:
        DataError: the file is missing, in no layout, in another encoding, or holds what is no name or no text; the
            message says as what it was read, where, and the way out.
    """
    path, left_out = Path(path), LeftOut()
    rows = layout_rows(path, Path(images) if images is not None else path, encoding, left_out, one_sided=one_sided)
    try:
        captions = Captions.of(rows, left_out, one_sided=one_sided)
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"captions {path}: {error}") from error
    if not captions.texts:
        said = left_out.sentence()
        raise DataError(f"captions {path} hold no caption" + (f"; {said}" if said else ""))
    return captions
