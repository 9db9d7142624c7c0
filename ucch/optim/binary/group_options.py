"""The binary options of a param group, checked before anything is changed."""

from __future__ import annotations

from typing import Any

from ..._checks import positive_int
from .binary_map import BinaryMap

__all__ = ["OPTIONS", "group_options"]

OPTIONS = ("binary", "binary_period", "binary_step", "binary_warmup")


def group_options(group: dict[str, Any], binary_map: BinaryMap, *, warmup: int, period: int) -> dict[str, Any] | None:
    """Read how a group is to be binary; it is not changed.

    Args:
        group: a param group, with its parameters.
        binary_map, warmup, period: what holds where the group says nothing of its own.

    Returns:
        All of ``OPTIONS`` with ``binary_step`` at 0, or None for a group that is left alone.

    Raises:
        TypeError: the map is none, or a parameter is not floating.
        ValueError: an option is unknown or outside its range.
    """
    unknown = sorted(name for name in group if name.startswith("binary") and name not in OPTIONS)
    if unknown:
        raise ValueError(f"options of a binary group are {', '.join(OPTIONS)}, got {', '.join(unknown)}")
    chosen = binary_map if group.get("binary") is True else group.get("binary")
    if chosen is None or chosen is False:
        return None
    if not isinstance(chosen, BinaryMap):
        raise TypeError(f"a binary map must be one such as SignMap(), True or False, got {chosen!r}")
    for parameter in group["params"]:
        tensor = parameter[1] if isinstance(parameter, tuple) else parameter  # with its name
        if not tensor.is_floating_point():
            raise TypeError(f"a binary parameter must be of a floating dtype, got {tensor.dtype}")
    warmup = group.get("binary_warmup", warmup)
    if isinstance(warmup, bool) or not isinstance(warmup, int) or warmup < 0:
        raise ValueError(f"warmup must be an int of at least 0, got {warmup!r}")
    period = positive_int("period", group.get("binary_period", period))
    return {"binary": chosen, "binary_warmup": warmup, "binary_period": period, "binary_step": 0}
