"""What the catalog knows about a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .array_spec import ArraySpec
from .arrays import FeatureArray
from .dataset import PairedDataset
from .mat import find_file

__all__ = ["DatasetEntry"]


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """Describe a data set that has a name.

    Args:
        name: in the catalog, with hyphens.
        summary: one line for lists.
        image, text: what the features of each modality are.
        n_train, n_query: pairs (images, where there are captions) of the published split.
        n_classes: labels for evaluation; 0 where the set has none.
        source: who publishes the files, and where.
        licence: terms of use as far as they are known.
        reference: the paper.
        load: reads the set from a folder.
        arrays: the matrices that are read.
        other_files: other files that are read, with what they hold.
        folder: the subfolder in which the published code keeps the files; looked into as well.
        raw_images: file and key of the pictures themselves, where they are published; not read by ``load``.
        built_in: whether it needs no files.
    """

    name: str
    summary: str
    image: str
    text: str
    n_train: int
    n_query: int
    n_classes: int
    source: str
    licence: str
    reference: str
    load: Callable[[DatasetEntry, Path], PairedDataset]
    arrays: tuple[ArraySpec, ...] = ()
    other_files: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    raw_images: tuple[str, str] | None = None
    built_in: bool = False

    def find(self, root: str | Path, file: str) -> Path:
        """Find a file in ``root`` or in its subfolder of the published name.

        Raises:
            DataError: it is in neither.
        """
        return find_file(Path(root), file, self.source, self.folder)

    def read_array(self, root: str | Path, spec: ArraySpec) -> FeatureArray:
        """Read one of the matrices.

        Raises:
            DataError: its file is missing or damaged, or the matrix is not the published one.
        """
        return spec.read(self.find(root, spec.file))
