"""Checkpoints: a nested state of tensors and plain values in one safetensors file; no code in it, none run from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import RunError
from ..files import check_regular, write_atomically
from ..plain_json import one_line, parse_json

__all__ = ["load_newest", "load_state", "save_state"]

_FORMAT = "ucch-state-2"


def save_state(path: Path, state: Mapping[str, Any], *, keep_as: Path | None = None) -> None:
    """Write a state, with a digest of it, so that :func:`load_state` returns an equal one.

    Args:
        path: the file; replaced as a whole, so that a reader never sees half of it.
        state: dicts, lists and tuples of tensors, numbers, strings, booleans and None, keys of any of those plain
            kinds; what ``state_dict`` gives.
        keep_as: another name in the same folder, for the older file.

    Raises:
        TypeError: the state holds anything else.
        RunError: the file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    plan = json.dumps(_flatten(state, tensors))
    header = {"format": _FORMAT, "sha256": _digest(plan, tensors), "state": plan}
    content = save(tensors, metadata={"ucch": json.dumps(header)})  # one entry: their order is not fixed
    write_atomically(path, content, keep_as=keep_as)


def load_state(path: Path) -> dict[str, Any]:
    """Read a state back; tensors arrive on the CPU in the dtype they were saved in.

    Raises:
        RunError: the file is missing, damaged, or no state of this format.
    """
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


def load_newest(path: Path, previous: Path, on_warning: Callable[[str], None] | None = None) -> dict[str, Any] | None:
    """Read the newest state that is whole; None where neither file exists.

    A damaged newest file is renamed, so that the next save does not put it in the place of the previous one.

    Args:
        path, previous: files of :func:`save_state`; the second is the older one.
        on_warning: called with a sentence that names a damaged file and the one used in its place.

    Raises:
        RunError: all that is there is damaged.
    """
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


def _digest(plan: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over the plan and every tensor's name, kind, shape and bytes."""
    fingerprint = hashlib.sha256(plan.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        fingerprint.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        if tensor.numel():
            fingerprint.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return fingerprint.hexdigest()


def _flatten(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = f"{len(tensors):06d}"
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"dict": [[_flatten(key, tensors), _flatten(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_flatten(item, tensors) for item in value]}
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
