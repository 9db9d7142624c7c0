"""Maps and rules by name, as state dicts hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeAlias

from .annealed_tanh import AnnealedTanhMap
from .binary_map import BinaryMap, LatentRule
from .binary_relax import BinaryRelaxMap
from .clip_rule import ClipRule
from .hysteresis import HysteresisMap
from .map_chain import MapChain
from .momentum_rows import MomentumRows
from .piecewise_affine import PiecewiseAffineMap
from .sign_map import SignMap

__all__ = ["MAPS", "from_spec"]

Part: TypeAlias = BinaryMap | LatentRule

MAPS: dict[str, type[Part]] = {
    "annealed-tanh": AnnealedTanhMap,
    "binary-relax": BinaryRelaxMap,
    "chain": MapChain,
    "clip": ClipRule,
    "hysteresis": HysteresisMap,
    "momentum-rows": MomentumRows,
    "piecewise-affine": PiecewiseAffineMap,
    "sign": SignMap,
}


def from_spec(spec: object, known: Mapping[str, type[Part]] = MAPS) -> Part:
    """Undo ``spec()``; nothing but the classes of ``known`` is called.

    Raises:
        ValueError: the name or an option is unknown, or an option is missing, of another kind or outside its range.
    """
    if not isinstance(spec, Mapping) or not isinstance(spec.get("map"), str):
        raise ValueError(f"a saved binary map must be a dict with the name of the map, got {spec!r}")
    name = spec["map"]
    if name not in known:
        raise ValueError(
            f"the saved binary map {name!r} is unknown, known are {', '.join(sorted(known))};"
            " give the group a map of your own of that name before loading"
        )
    options = {key: value for key, value in spec.items() if key != "map"}
    unknown = set(options) - {field.name for field in fields(known[name])}
    if unknown:
        raise ValueError(f"the saved binary map {name!r} has unknown options: {', '.join(sorted(map(str, unknown)))}")
    try:
        if "parts" in options:
            return known[name](*(from_spec(part, known) for part in options["parts"]))
        return known[name](**options)
    except TypeError as error:
        raise ValueError(f"the options of the saved binary map {name!r} cannot be read: {error}") from error
