"""The kinds of index by name."""

from __future__ import annotations

from .._checks import one_of
from .engine import Engine, Parameters
from .flat import Flat
from .hnsw import Hnsw
from .ivf import Ivf
from .multihash import MultiHash

__all__ = ["KINDS", "full_parameters"]

KINDS: dict[str, type[Engine]] = {"flat": Flat, "hnsw": Hnsw, "ivf": Ivf, "multihash": MultiHash}


def full_parameters(kind: str, given: Parameters, n_codes: int, n_bytes: int) -> Parameters:
    """The defaults of a kind with some of them replaced.

    Raises:
        ValueError: there is no such kind or parameter, or a value is below 1 (``nflip``: below 0).
    """
    one_of("kind", kind, KINDS)
    parameters = KINDS[kind].defaults(n_codes, n_bytes)
    for name, value in given.items():
        if name not in parameters:
            known = ", ".join(sorted(parameters)) or "none"
            raise ValueError(f"{kind} has no parameter {name!r}; it has {known}")
        least = 0 if name == "nflip" else 1
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    return parameters | given
