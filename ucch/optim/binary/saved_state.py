"""The state dict of a binary optimizer taken apart: what is the base's, and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from .binary_map import BinaryMap
from .latent_loan import OWN
from .maps import MAPS, from_spec

__all__ = ["base_part", "restore_tensors"]

Groups = list[dict[str, Any]]


def base_part(saved: Mapping[str, Any], groups: Groups) -> dict[str, Any]:
    """The state dict for the base: maps as objects in its groups, nothing of our own in its state.

    Args:
        saved: a state dict of a binary optimizer.
        groups: of the optimizer that it is for; nothing is changed.

    Raises:
        ValueError: a group is binary on one side only, its map is unknown, or its latent values are missing or of
            another shape.
    """
    entries = {number: dict(each) for number, each in saved["state"].items()}
    found = [dict(group) for group in saved["param_groups"]]
    for number, (group, live) in enumerate(zip(found, groups, strict=False)):
        ours = live.get("binary")
        if isinstance(group.get("binary"), Mapping) != isinstance(ours, BinaryMap):
            raise ValueError(
                f"param group {number} must be binary in the saved state and here, got {group.get('binary')!r} and"
                f" {ours!r}; load the state of an optimizer that was not wrapped before wrapping it"
            )
        if not isinstance(ours, BinaryMap):
            continue
        group["binary"] = from_spec(group["binary"], {**MAPS, ours.name: type(ours)})
        for index, parameter in zip(group["params"], live["params"], strict=False):
            latent = entries.get(index, {}).get("latent")
            if not isinstance(latent, Tensor) or latent.shape != parameter.shape:
                shape = tuple(latent.shape) if isinstance(latent, Tensor) else None
                raise ValueError(
                    f"latent values of parameter {index} must have the shape {tuple(parameter.shape)}, got {shape}"
                )
            entries[index] = {name: value for name, value in entries[index].items() if name not in OWN}
    return {**saved, "state": {index: each for index, each in entries.items() if each}, "param_groups": found}


def restore_tensors(saved: Mapping[str, Any], groups: Groups, state: Mapping[Tensor, Any]) -> None:
    """Bring tensors back as they were saved, once the base has loaded its part: ours, and the dtypes of all others.

    torch.optim casts what it loads to the dtype of the parameter, counters included.
    """
    for group, live in zip(saved["param_groups"], groups, strict=True):
        for index, parameter in zip(group["params"], live["params"], strict=True):
            entries = state[parameter]
            for name, value in saved["state"].get(index, {}).items():
                if isinstance(value, Tensor):
                    device = entries[name].device if name in entries else parameter.device
                    entries[name] = value.detach().to(device, copy=True)
