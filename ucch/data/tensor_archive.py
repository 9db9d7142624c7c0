"""Arrays in a file of tensors: ``.safetensors``, or ``.pt`` and ``.pth`` as ``torch.save`` writes them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from ..errors import DataError
from ..files import check_file
from ..plain_json import one_line
from .archive import Archive
from .arrays import FeatureArray
from .items import ALONE

__all__ = ["TENSOR_SUFFIXES", "TensorArchive"]

TENSOR_SUFFIXES = (".safetensors", ".pt", ".pth")


class TensorArchive(Archive):
    """An open file of tensors, as :class:`~ucch.data.npz_archive.NpzArchive` is one of arrays.

    Of ``.pt`` a dict of tensors is read, or one tensor, whose name is that of the one view of a file that names none;
    nothing is executed. Rows are mapped where the format allows it, and read as they are used.

    Args:
        path: the file.

    Attributes:
        names: of the tensors.

    Raises:
        DataError: the file is missing, damaged, or holds something else than tensors.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_file(path, DataError, due="; a file of tensors is expected there")
        self._tensors = _safetensors(path) if path.suffix.lower() == ".safetensors" else _saved(path)
        self.names = list(self._tensors)

    def close(self) -> None:
        self._tensors = {}  # those that were read stay mapped while they are used

    def read(self, name: str) -> FeatureArray:
        """The tensor as an array; bfloat16, which NumPy lacks, as float32.

        Raises:
            DataError: it is sparse or quantized.
        """
        tensor = self._tensors[name].detach()
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise DataError(f"{self.path}: {name} must be a dense tensor, got {tensor.layout}; save tensor.to_dense()")
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        array: FeatureArray = tensor.resolve_conj().resolve_neg().numpy()
        return array


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except Exception as error:  # a damaged header fails in several ways
        raise DataError(f"{path} cannot be read as safetensors: {one_line(error)}") from error


def _saved(path: Path) -> dict[str, Tensor]:
    try:
        held: Any = _loaded(path)
    except Exception as error:  # what is no tensor, and damaged bytes, fail in many ways
        if "eights only" in str(error) or "Unsupported" in str(error):
            raise DataError(
                f"{path} holds something else than tensors, and objects of Python could run code; save tensors alone:"
                " torch.save({'image': image, 'text': text}, path)"
            ) from error
        raise DataError(f"{path} cannot be read as torch.save writes it: {one_line(error)}") from error
    if isinstance(held, Tensor):
        return {ALONE: held}
    if not isinstance(held, Mapping):
        raise DataError(f"{path} must hold a tensor or a dict of tensors, got {type(held).__name__}")
    return {str(name): _tensor(path, str(name), value) for name, value in held.items()}


def _loaded(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse tensors are slow to check: they are refused
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap" not in str(error):
                raise
        return torch.load(path, map_location="cpu", weights_only=True)  # the format before torch 1.6


def _tensor(path: Path, name: str, value: Any) -> Tensor:
    """A tensor, or a list of numbers, such as labels, as one."""
    if isinstance(value, Tensor):
        return value
    try:
        return torch.from_numpy(np.asarray(value)) if isinstance(value, list | tuple) else torch.tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"{path}: {name} must be a tensor or a list of numbers, got {type(value).__name__}") from None
