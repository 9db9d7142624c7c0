"""Checkpoints: a nested state of tensors and plain values in one safetensors file; no code in it, none run from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import RunError
from ..files import write_atomically

__all__ = ["load_state", "save_state"]

_FORMAT = "ucch-state-1"


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state so that :func:`load_state` returns an equal one.

    Args:
        path: the file; replaced as a whole, so that a reader never sees half of it.
        state: dicts, lists and tuples of tensors, numbers, strings, booleans and None, keys of any of those plain
            kinds; what ``state_dict`` gives.

    Raises:
        TypeError: the state holds anything else.
        RunError: the file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    plan = {"format": _FORMAT, "state": _flatten(state, tensors)}
    write_atomically(path, save(tensors, metadata={"ucch": json.dumps(plan)}))  # one entry: their order is not fixed


def load_state(path: Path) -> dict[str, Any]:
    """Read a state back; tensors arrive on the CPU in the dtype they were saved in.

    Raises:
        RunError: the file is missing, damaged, or no state of this format.
    """
    try:
        with safe_open(path, framework="pt") as file:
            plan = json.loads((file.metadata() or {}).get("ucch", "{}"))
            if plan.get("format") != _FORMAT:
                raise RunError(f"{path} holds {plan.get('format', 'no format')!r}, expected {_FORMAT!r}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state: dict[str, Any] = _restore(plan["state"], tensors)
            return state
    except (OSError, SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise RunError(f"{path} cannot be read: {error}; delete it to train from the start") from error


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
