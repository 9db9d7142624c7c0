"""Where pictures lie: a folder of files, shards of webdataset, or tables; each picture has a name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DataError
from .endings import IMAGE_ENDINGS, UNREAD_ENDINGS
from .image_tables import image_tables, is_saved_dataset
from .stored import StoredImage
from .tar_shards import read_shard, shards_of

__all__ = ["ImageSource", "find_images", "open_images", "walk_files"]


@dataclass(frozen=True, eq=False)
class ImageSource:
    """Name the pictures of one place.

    Args:
        path: where they were looked for.
        kind: ``folder``, ``shards`` or ``table``.
        names: of the pictures, in order, each once: paths in a folder, keys of shards, rows of tables.
        items: what :class:`~ucch.images.ImagePool` reads for each.
        n_rows: files, samples or rows seen.
        without_image: names of samples that held no picture.
        unread: names of files that are pictures of a kind that Pillow does not read.
    """

    path: Path
    kind: str
    names: Sequence[str]
    items: Sequence[Path | StoredImage]
    n_rows: int
    without_image: Sequence[str] = field(default_factory=list)
    unread: Sequence[str] = field(default_factory=list)

    def chosen(self, names: Sequence[str]) -> list[Path | StoredImage]:
        """What is read for pictures of these names.

        Raises:
            DataError: one is not here; a folder's file may be missing, which reading it says.
        """
        if self.kind == "folder":
            return [self.path / name for name in names]
        held = dict(zip(self.names, self.items, strict=True))
        missing = next((name for name in names if name not in held), None)
        if missing is not None:
            raise DataError(f"images {self.path} hold no picture {missing[:200]!r}")
        return [held[name] for name in names]


def open_images(path: str | Path) -> ImageSource:
    """Look at a place of pictures; none is read.

    * a folder with files that end in one of ``IMAGE_ENDINGS``, at any depth; what ``img2dataset`` writes as files is
      one. Names are paths in it.
    * ``.tar`` shards of webdataset, or a folder of them: the first picture of each key, named by the key. Only headers
      are read now.
    * a folder that ``datasets`` saved to disk, or Parquet with pictures (a file, a folder of them, or its ``data/``):
      a picture per row, named by its path, its key, or file and row.

    Args:
        path: the folder or file.

    Raises:
        DataError: it does not exist, is damaged, or holds no picture.
        MissingPackageError: a table needs pyarrow.
    """
    found = find_images(path)
    if not found.names:
        raise DataError(
            f"images {path} hold no file that ends in {', '.join(IMAGE_ENDINGS)}, no .tar of webdataset and no table"
            " of pictures"
            + (
                f"; {len(found.unread)} end in a way that Pillow does not read, such as {found.unread[0]};"
                " convert them to JPEG"
                if found.unread
                else ""
            )
        )
    return found


def find_images(path: str | Path) -> ImageSource:
    """Do :func:`open_images`, where there may be no picture.

    Raises:
        DataError: it does not exist, or is damaged.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"images {path} do not exist")
    if path.is_dir() and not is_saved_dataset(path):
        files = walk_files(path)
        names = sorted(name for name in files if os.path.splitext(name)[1].lower() in IMAGE_ENDINGS)
        if names or not any(name.endswith((".tar", ".parquet")) for name in files):
            unread = sorted(name for name in files if os.path.splitext(name)[1].lower() in UNREAD_ENDINGS)
            items = [path / name for name in names]
            return ImageSource(path, "folder", names, items, len(names) + len(unread), unread=unread)
    elif path.is_file() and path.suffix.lower() not in (".tar", ".parquet", ".arrow"):
        raise DataError(f"images {path} are a file that ends in none of .tar, .parquet, .arrow; name a folder")
    shards = shards_of(path) if path.is_dir() or path.suffix.lower() == ".tar" else []
    return _from_shards(path, shards) if shards else _from_tables(path)


def walk_files(folder: Path) -> list[str]:
    """Names of all files under a folder, relative to it, with ``/``; linked folders are entered, each once."""
    return list(_walk(folder, "", {_identity(folder)}))


def _walk(folder: Path, prefix: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"folder {folder} cannot be read: {error.strerror or error}") from error
    for entry in entries:
        if not entry.is_dir():
            if entry.is_file():
                yield prefix + entry.name
            continue
        inside = Path(entry.path)
        identity = _identity(inside)
        if identity not in seen:
            seen.add(identity)
            yield from _walk(inside, f"{prefix}{entry.name}/", seen)


def _identity(folder: Path) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _from_shards(path: Path, shards: Sequence[Path]) -> ImageSource:
    named, without, n_rows = [], [], 0
    for shard in shards:
        for sample in read_shard(shard):
            n_rows += 1
            if sample.image is None:
                without.append(sample.key)
            else:
                named.append((sample.key, shard.stem, sample.image))
    repeated = len({key for key, _, _ in named}) < len(named)
    names = [f"{shard}/{key}" if repeated else key for key, shard, _ in named]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DataError(f"{path}: the key {twice[:200]!r} stands twice in one shard; give each sample its own key")
    return ImageSource(path, "shards", names, [item for _, _, item in named], n_rows, without)


def _from_tables(path: Path) -> ImageSource:
    rows = [row for table in image_tables(path) for row in table.rows()]
    names = [row.name for row in rows]
    if len(set(names)) < len(names):
        names = [f"{row.path.parent.name}/{row.path.stem}/{place}" for place, row in enumerate(rows)]
    return ImageSource(path, "table", names, rows, len(rows))
