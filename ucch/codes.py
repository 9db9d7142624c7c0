"""Binary codes: the one sign, the one packed format, the one distance.

Codes are +-1 tensors in training and packed ``uint8`` rows everywhere else: most significant bit first,
``ceil(D / 8)`` bytes wide, a set bit for +1, padding bits zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

    from .code_tensors import pack_tensor, unpack_tensor

__all__ = ["PackedCodes", "hamming_distance", "n_bytes", "pack", "pack_tensor", "sign", "unpack", "unpack_tensor"]

PackedCodes = npt.NDArray[np.uint8]


def __getattr__(name: str) -> Any:
    """Import what works on tensors at its first use: codes in arrays, and their search, need no torch."""
    if name in ("pack_tensor", "unpack_tensor"):
        from . import code_tensors

        return getattr(code_tensors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _is_tensor(x: object) -> TypeGuard[Tensor]:
    """Whether x is a tensor, asked without torch, which is there already where one is."""
    return hasattr(x, "detach")


@overload
def sign(x: Tensor) -> Tensor: ...


@overload
def sign(x: npt.ArrayLike) -> npt.NDArray[Any]: ...


def sign(x: Tensor | npt.ArrayLike) -> Tensor | npt.NDArray[Any]:
    """Binarize to +-1, with sign(0) = +1.

    The only sign in the package: ``torch.sign`` maps 0 to 0, which is no code. The result carries no gradient.

    Args:
        x: real outputs of any shape: a tensor, or an array or nested lists of numbers.

    Returns:
        A tensor in the dtype of the tensor ``x``; for anything else an array, in its dtype where that is signed and
        int8 where it is not. Unsigned and boolean numbers are 0 or above, all of them +1.

    Raises:
        TypeError: ``x`` is no array of real numbers.

    Example:
        >>> import torch
        >>> sign(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([-1.,  1.,  1.])
        >>> sign([[-0.5, 0.0]])
        array([[-1.,  1.]])
    """
    if _is_tensor(x):
        import torch

        if x.dtype == torch.bool:
            return torch.ones_like(x)
        return torch.ge(x.detach(), 0, out=torch.empty_like(x)).mul_(2).sub_(1)
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"x must be an array of real numbers, got {array.dtype}")
    return np.where(array >= 0, 1, -1).astype(array.dtype if array.dtype.kind in "if" else np.int8)


def n_bytes(n_bits: int) -> int:
    """Bytes of one packed code: ``ceil(n_bits / 8)``."""
    return -(-n_bits // 8)


def pack(codes: Tensor | npt.ArrayLike) -> PackedCodes:
    """Pack codes into bytes, most significant bit first.

    Args:
        codes: +-1 numbers, 0/1 numbers or booleans, (N, D) or one code (D,). +1, 1 and True set the bit.

    Returns:
        uint8, (N, ceil(D/8)) or (ceil(D/8),).

    Raises:
        ValueError: ``codes`` holds anything else: real outputs, to which :func:`sign` is to be applied first, or codes
            that are packed already.

    Example:
        >>> pack(np.array([[1, -1, 1, 1, -1, -1, -1, -1, 1]]))
        array([[176, 128]], dtype=uint8)
    """
    array = _numbers(codes)
    if array.ndim not in (1, 2):
        raise ValueError(f"codes must have shape (N, D) or (D,), got {array.shape}")
    if array.dtype != np.bool_:
        set_bits = array == 1
        if not np.all(set_bits | (array == -1)) and not np.all(set_bits | (array == 0)):
            raise ValueError(
                "codes must be +-1, 0/1 or boolean,"
                f" got {array.dtype} from {array.min()} to {array.max()}; {_way_to_codes(array)}"
            )
        array = set_bits
    return np.packbits(array, axis=-1)


def _numbers(codes: Tensor | npt.ArrayLike) -> npt.NDArray[Any]:
    if not _is_tensor(codes):
        return np.asarray(codes)
    import torch

    codes = codes.detach().cpu()
    return np.asarray((codes.float() if codes.dtype == torch.bfloat16 else codes).numpy())  # NumPy has no bfloat16


def _way_to_codes(array: npt.NDArray[Any]) -> str:
    if array.dtype.kind == "f":
        return "binarize real outputs first: pack(sign(codes))"
    bytes_of = {
        "uint8": "from numpy.packbits or faiss they are packed as they are",
        "int8": "from sentence-transformers they are packed less 128: (codes.astype('int16') + 128).astype('uint8')",
        "uint64": "words of 64 bits are packed, whatever the order of their bytes: codes.view(numpy.uint8)",
    }
    return bytes_of.get(array.dtype.name, "if they are outputs, binarize them first: pack(sign(codes))")


def unpack(packed: PackedCodes, n_bits: int) -> npt.NDArray[np.int8]:
    """Undo :func:`pack`.

    Args:
        packed: uint8, (N, ceil(n_bits/8)) or one code (ceil(n_bits/8),).
        n_bits: D, the bits of a code; the padding of the last byte is dropped.

    Returns:
        int8 of +-1, (N, n_bits) or (n_bits,).

    Raises:
        TypeError: ``packed`` is not uint8.
        ValueError: its width is not ``ceil(n_bits / 8)``.
    """
    check_packed("packed", packed, n_bits)
    bits = np.unpackbits(packed, axis=-1, count=n_bits)
    return (bits.astype(np.int8) << 1) - np.int8(1)


def check_packed(name: str, packed: PackedCodes, n_bits: int) -> PackedCodes:
    """Return ``packed`` if it holds uint8 codes of ``n_bits`` bits, else raise ``TypeError`` or ``ValueError``."""
    if packed.dtype != np.uint8:
        raise TypeError(f"{name} must be packed uint8, got {packed.dtype}; pack codes with ucch.codes.pack")
    if packed.ndim not in (1, 2) or packed.shape[-1] != n_bytes(n_bits):
        raise ValueError(f"{name} must be {n_bytes(n_bits)} bytes wide for {n_bits} bits, got shape {packed.shape}")
    return packed


def hamming_distance(first: PackedCodes, second: PackedCodes) -> npt.NDArray[np.int32]:
    """Count the differing bits between every two codes of two packed sets.

    Meant for a few codes: it returns the whole Q x M matrix in O(Q M D/8). For rankings use :mod:`ucch.metrics`,
    for search :mod:`faiss`; neither forms that matrix.

    Args:
        first: uint8, (Q, W) or (W,).
        second: uint8, (M, W) or (W,).

    Returns:
        int32 distances in [0, 8 W], of shape (Q, M); a single code drops its axis.

    Raises:
        TypeError: a side is not uint8.
        ValueError: the widths differ.
    """
    for name, side in (("first", first), ("second", second)):
        if side.dtype != np.uint8:
            raise TypeError(f"{name} must be packed uint8, got {side.dtype}; pack codes with ucch.codes.pack")
    if first.shape[-1] != second.shape[-1]:
        raise ValueError(f"first and second must be equally wide, got {first.shape[-1]} and {second.shape[-1]} bytes")
    left, right = first, second
    if left.ndim == 2 and right.ndim == 2:
        left = left[:, None, :]
    distance: npt.NDArray[np.int32] = np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int32)
    return distance
