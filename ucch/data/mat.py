"""MATLAB files, the form in which most of the field's feature sets are published."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from scipy.io import loadmat, whosmat

from ..errors import DataError
from .arrays import FeatureArray

__all__ = ["find_file", "read_mat"]


def find_file(root: Path, name: str, source: str) -> Path:
    """Return ``root / name`` if that file is there, else raise ``DataError`` that says where the set comes from."""
    path = root / name
    if not path.is_file():
        raise DataError(f"{name} is not in {root}. The files come from: {source}")
    return path


def read_mat(path: Path, keys: Collection[str]) -> dict[str, FeatureArray]:
    """Read matrices of numbers from a MATLAB file of version 4 to 7.

    Args:
        path: the file.
        keys: names of the variables wanted; others in the file are not read.

    Raises:
        DataError: the file is not such a file, or it is damaged, or a variable is missing or is not a matrix.
    """
    try:
        held = [name for name, _, _ in whosmat(str(path))]
        missing = [key for key in keys if key not in held]
        if missing:
            raise DataError(f"{path} lacks {', '.join(missing)}; it holds {', '.join(held) or 'nothing'}")
        contents = loadmat(str(path), variable_names=list(keys))
    except NotImplementedError:
        raise DataError(f"{path} is a MATLAB 7.3 (HDF5) file; save it from MATLAB with the option -v7") from None
    except DataError:
        raise
    except Exception as error:  # damaged bytes fail in many ways inside the reader
        raise DataError(f"{path} is damaged or no MATLAB file: {error}") from error
    for key in keys:
        if not isinstance(contents[key], np.ndarray):
            raise DataError(f"{path}: {key} must be a full matrix, got {type(contents[key]).__name__}")
    return {key: contents[key] for key in keys}
