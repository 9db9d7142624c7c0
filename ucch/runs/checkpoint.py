"""Checkpoints: a nested state of tensors and plain values in one safetensors file; no code in it, none run from it."""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

from ..collectives import World
from ..errors import RunError
from ..files import check_regular, replacing
from ..plain_json import one_line, parse_json
from .row_stream import RowStream

__all__ = ["load_newest", "load_state", "save_state", "state_of_tensor", "state_tensor"]

_FORMAT = "ucch-state-2"
_PIECE = 8 * 2**20  # bytes written at once
_NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


def save_state(
    path: str | Path, state: Mapping[str, Any], *, keep_as: str | Path | None = None, world: World | None = None
) -> None:
    """Write a state, with a digest of it, so that :func:`load_state` returns an equal one.

    Tensors go to the disk by pieces of a few MiB, from where they are: beside the state, memory is needed for a piece.

    Args:
        path: the file; replaced as a whole, so that a reader never sees half of it.
        state: dicts, lists and tuples of tensors, :class:`~ucch.runs.row_stream.RowStream`, numbers, strings,
            booleans and None, keys of any of those plain kinds; what ``state_dict`` gives.
        keep_as: another name in the same folder, for the older file.
        world: processes that all call; process 0 writes, the others hand in the rows that they hold.

    Raises:
        TypeError: the state holds anything else.
        RunError: the file cannot be written.
    """
    world = world or World()
    leaves: list[Tensor | RowStream] = []
    world.agree(lambda: _write(path, state, leaves, keep_as, world))


def _write(
    path: str | Path,
    state: Mapping[str, Any],
    leaves: list[Tensor | RowStream],
    keep_as: str | Path | None,
    world: World,
) -> list[int]:
    """Write the file in process 0; whatever happens there, every process goes through its streams to their end."""
    try:
        _leaves(state, leaves)
        # The widest dtype first, as safetensors asks for alignment; names in that order make it the digest's too.
        order = sorted(range(len(leaves)), key=lambda number: -leaves[number].dtype.itemsize)
        leaves[:] = [leaves[number] for number in order]
        if world.rank == 0:
            names = {number: f"{place:06d}" for place, number in enumerate(order)}
            plan = json.dumps(_plan(state, iter([names[number] for number in range(len(order))])))
            with replacing(path, keep_as=keep_as) as aside, aside.open("wb") as file:
                _write_tensors(file, plan, leaves)
    finally:
        for leaf in leaves:
            if isinstance(leaf, RowStream):
                for _ in leaf.pieces:
                    pass
    return []


def _write_tensors(file: BinaryIO, plan: str, leaves: list[Tensor | RowStream]) -> None:
    """The safetensors format: length of the header, header, tensors; the digest is filled in at the end."""
    entries: dict[str, Any] = {}
    end = 0
    for place, leaf in enumerate(leaves):
        start, end = end, end + math.prod(leaf.shape) * leaf.dtype.itemsize
        entries[f"{place:06d}"] = {"dtype": _NAMES[leaf.dtype], "shape": list(leaf.shape), "data_offsets": [start, end]}

    def header(digest: str) -> bytes:
        said = json.dumps({"format": _FORMAT, "sha256": digest, "state": plan})
        text = json.dumps({"__metadata__": {"ucch": said}, **entries}).encode()  # one entry: their order is not fixed
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text

    file.write(header("0" * 64))
    fingerprint = hashlib.sha256(plan.encode())
    for place, leaf in enumerate(leaves):
        fingerprint.update(_named(f"{place:06d}", leaf))
        for piece in leaf.pieces if isinstance(leaf, RowStream) else _pieces(leaf):
            content = piece.reshape(-1).view(torch.uint8).numpy().data
            fingerprint.update(content)
            file.write(content)
    file.seek(0)
    file.write(header(fingerprint.hexdigest()))


def _pieces(tensor: Tensor) -> Iterator[Tensor]:
    """A tensor on the CPU by some of its rows at a time."""
    rows = tensor.detach().reshape(1) if tensor.dim() == 0 else tensor.detach()
    if rows.numel():
        step = max(1, _PIECE // rows[:1].nbytes)
        for start in range(0, len(rows), step):
            yield rows[start : start + step].cpu().contiguous()


def load_state(path: str | Path) -> dict[str, Any]:
    """Read a state back; tensors arrive on the CPU in the dtype they were saved in.

    Raises:
        RunError: the file is missing, damaged, or no state of this format.
    """
    path = Path(path)
    check_regular(path, RunError)
    try:
        with safe_open(path, framework="pt") as file:
            header = parse_json((file.metadata() or {}).get("ucch", "{}"))
            if header.get("format") != _FORMAT:
                raise RunError(f"{path} holds {header.get('format', 'no format')!r}, expected {_FORMAT!r}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if header["sha256"] != _digest(header["state"], tensors):
            raise RunError(f"{path} cannot be read: it does not fit its digest")
        state: dict[str, Any] = _restore(parse_json(header["state"]), tensors)
        if not isinstance(state, dict):
            raise RunError(f"{path} cannot be read: it holds no state")
        return state
    except RunError:
        raise
    except Exception as error:  # a forged file fails in as many ways as there are kinds of values
        raise RunError(f"{path} cannot be read: {one_line(error)}") from error


def load_newest(
    path: str | Path, previous: str | Path, on_warning: Callable[[str], None] | None = None
) -> dict[str, Any] | None:
    """Read the newest state that is whole; None where neither file exists.

    A damaged newest file is renamed, so that the next save does not put it in the place of the previous one.

    Args:
        path, previous: files of :func:`save_state`; the second is the older one.
        on_warning: called with a sentence that names a damaged file and the one used in its place.

    Raises:
        RunError: all that is there is damaged.
    """
    path, previous = Path(path), Path(previous)
    if path.exists():
        try:
            return load_state(path)
        except RunError as error:
            start_over = f"; delete {path.parent} to train from the start"
            if not previous.exists():
                raise RunError(f"{error}{start_over}") from error
            try:
                state = load_state(previous)
            except RunError as older:
                raise RunError(f"{error}; {older}{start_over}") from older
            kept = path.with_suffix(".damaged")
            os.replace(path, kept)
            if on_warning is not None:
                on_warning(f"{error}; it is kept as {kept.name}, and the run goes on from {previous.name}")
            return state
    return load_state(previous) if previous.exists() else None


def state_tensor(state: Mapping[str, Any]) -> Tensor:
    """Write a state such as :func:`save_state` takes into one uint8 tensor, for formats that hold tensors only."""
    leaves: list[Tensor | RowStream] = []
    _leaves(state, leaves)
    tensors = {f"{place:06d}": leaf for place, leaf in enumerate(leaves) if isinstance(leaf, Tensor)}
    if len(tensors) < len(leaves):
        raise TypeError("a table cut by rows is saved by save_state, which all processes call, not in one tensor")
    plan = json.dumps(_plan(state, iter(tensors))).encode()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save({**tensors, "plan": torch.tensor(list(plan), dtype=torch.uint8)})
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def state_of_tensor(content: Tensor) -> dict[str, Any]:
    """Read the state in a tensor of :func:`state_tensor`; no code in it is run.

    Raises:
        RunError: it holds no such state.
    """
    try:
        tensors = load(content.cpu().numpy().tobytes())
        state: dict[str, Any] = _restore(parse_json(bytes(tensors["plan"].tolist()).decode()), tensors)
    except Exception as error:  # as above
        raise RunError(f"the state of a step cannot be read: {one_line(error)}") from error
    return state


def _digest(plan: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over the plan and every tensor's name, kind, shape and bytes."""
    fingerprint = hashlib.sha256(plan.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        fingerprint.update(_named(name, tensor))
        if tensor.numel():
            fingerprint.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return fingerprint.hexdigest()


def _named(name: str, tensor: Tensor | RowStream) -> bytes:
    return f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode()


def _leaves(value: Any, found: list[Tensor | RowStream]) -> None:
    """Find the tensors of a state, in its order."""
    if isinstance(value, (Tensor, RowStream)):
        found.append(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _leaves(key, found)
            _leaves(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _leaves(item, found)


def _plan(value: Any, names: Iterator[str]) -> Any:
    """The same state with names in the place of its tensors."""
    if isinstance(value, (Tensor, RowStream)):
        if value.dtype not in _NAMES:
            raise TypeError(f"a checkpoint holds tensors of {', '.join(map(str, _NAMES))}, got {value.dtype}")
        return {"tensor": next(names)}
    if isinstance(value, Mapping):
        return {"dict": [[_plan(key, names), _plan(item, names)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_plan(item, names) for item in value]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a checkpoint holds tensors, numbers, strings, lists and dicts, got {type(value).__name__}")


def _restore(plan: Any, tensors: Mapping[str, Tensor]) -> Any:
    if not isinstance(plan, dict):
        return plan
    ((kind, content),) = plan.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {_restore(key, tensors): _restore(item, tensors) for key, item in content}
    items = [_restore(item, tensors) for item in content]
    return tuple(items) if kind == "tuple" else items
