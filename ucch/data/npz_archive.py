"""Arrays in an ``.npz`` archive, read one by one after a look at their sizes."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..files import check_file
from ..plain_json import one_line
from .archive import Archive
from .arrays import FeatureArray
from .npy import read_header
from .sizes import check_size

__all__ = ["NpzArchive"]

_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what numpy writes; others may ask for any memory


class NpzArchive(Archive):
    """An open archive.

    Nothing is unpacked to disk, so names in the archive lead nowhere, and nothing is executed. Memory is the arrays
    asked for, which all together must fit what :func:`~ucch.data.sizes.check_size` allows.

    Args:
        path: the file.

    Attributes:
        names: of the arrays, without ``.npy``.

    Raises:
        DataError: the file is missing, cut off, no archive, or holds a name twice.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._asked = path, 0
        check_file(path, DataError, due="; an .npz file of features is expected there")
        try:
            if not zipfile.is_zipfile(path):
                raise DataError(f"{path} is not an .npz file, {_way_out(path)}")
            self._zip = zipfile.ZipFile(path)
        except DataError:
            raise
        except Exception as error:  # a damaged directory of the archive fails in several ways
            raise DataError(f"{path} is damaged: {one_line(error)}") from error
        self._members = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}
        self.names = list(self._members)
        if len(self.names) < len(self._zip.infolist()):
            self.close()
            raise DataError(f"{path} is damaged: it holds an array twice")

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def read(self, name: str) -> FeatureArray:
        """Read an array.

        Raises:
            DataError: it is damaged, no array of numbers or text, or larger than an honest file would say.
        """
        info = self._members[name]
        if not info.filename.endswith(".npy"):
            raise DataError(f"{self.path}: {name} is not a numpy array; write the file with numpy.savez")
        try:
            self._check(name, info)
            with self._zip.open(info) as file:
                array: np.ndarray[Any, Any] = np.lib.format.read_array(file, allow_pickle=False)
                if file.read(1):
                    raise DataError(f"{self.path}: {name} is damaged: it goes on after its end")
                return array
        except DataError:
            raise
        except Exception as error:  # damaged bytes fail in any of a dozen ways, from zlib's to the header parser's
            raise DataError(f"{self.path}: {name} is damaged: {one_line(error)}") from error

    def _check(self, name: str, info: zipfile.ZipInfo) -> None:
        if info.compress_type not in _PLAIN or info.flag_bits & 1:
            raise DataError(f"{self.path}: {name} is encrypted or compressed as numpy does not; use numpy.savez")
        with self._zip.open(info) as file:
            start = file.read(8)
            if start[:6] != np.lib.format.MAGIC_PREFIX:
                raise DataError(f"{self.path}: {name} is not a numpy array; write the file with numpy.savez")
        with self._zip.open(info) as file:
            try:
                dtype, shape, _ = read_header(file)
            except DataError as error:
                if "Python objects" in str(error):
                    raise DataError(
                        f"{self.path}: {name} is {error}; save numbers, such as numpy.stack of equally long rows"
                    ) from None
                raise DataError(f"{self.path}: {name} is damaged: {error}") from None
            declared, held = dtype.itemsize * math.prod(shape), info.file_size - file.tell()
        if declared != held:
            raise DataError(f"{self.path}: {name} is damaged: {held:,} bytes for shape {shape} of {dtype}")
        self._asked += declared
        check_size(self.path, name, self._asked)


def _way_out(path: Path) -> str:
    if path.suffix.lower() != ".mat":
        return "or it is cut off; write it with numpy.savez"
    return (
        "but one of MATLAB; read it with scipy.io.loadmat and write its arrays with numpy.savez (From MATLAB in"
        " docs/tutorial_features.md); a published set goes by its name, with --data-root (ucch data list)"
    )
