"""Encoders by name, or a user's own class by ``module:Class``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import torch

from ..errors import EncoderError

__all__ = ["build_encoder", "is_plugin"]

Factory = Callable[..., Any]


def build_encoder(spec: str, modality: str, known: Mapping[str, Factory], protocol: type) -> Any:
    """Build the encoder that a specification names.

    Args:
        spec: ``name`` or ``name:argument`` of a known encoder; else ``module:Class`` or ``module:Class:argument`` of
            one's own, which is imported and called with the argument, where one is given.
        modality: ``image`` or ``text``, for messages.
        known: classes by name.
        protocol: what the object must offer.

    Raises:
        EncoderError: no such encoder or class, or the object lacks something of the protocol.
    """
    name, has_argument, argument = spec.partition(":")
    if name.lower() in known:
        return known[name.lower()](argument)
    if not has_argument:
        near = difflib.get_close_matches(name.lower(), known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise EncoderError(
            f"{modality} encoder must be one of {', '.join(sorted(known))}, or module:Class of your own,"
            f" got {spec!r}{meant}"
        )
    encoder = _build_plugin(name, argument)
    lacking = [part for part in _parts(protocol) if not hasattr(encoder, part)]
    if lacking:
        raise EncoderError(f"{modality} encoder {spec!r} lacks {', '.join(lacking)}; see docs/encoders/own.md")
    return encoder


def is_plugin(spec: str, known: Mapping[str, Factory]) -> bool:
    """Whether a specification names a class outside ``ucch``."""
    return spec.partition(":")[0].lower() not in known


def move(encoder: Any, device: torch.device | str) -> Any:
    """Move an encoder that holds a model; one without ``to`` stays where it is."""
    return encoder.to(torch.device(device)) if hasattr(encoder, "to") else encoder


def _build_plugin(module: str, rest: str) -> Any:
    class_name, has_argument, argument = rest.partition(":")
    try:
        factory = getattr(import_module(module), class_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise EncoderError(f"{module} cannot be imported: {error}") from error
        raise EncoderError(
            f"encoder {module}:{class_name}: no module {error.name!r}; it must be installed, or lie in this folder"
        ) from None
    except AttributeError:
        raise EncoderError(f"module {module} has no class {class_name!r}") from None
    if not isinstance(factory, type):
        raise EncoderError(f"{module}:{class_name} must be a class, got {type(factory).__name__}")
    return factory(argument) if has_argument else factory()


def _parts(protocol: type) -> list[str]:
    own = [*getattr(protocol, "__annotations__", {}), *vars(protocol)]
    return sorted(name for name in own if not name.startswith("_"))
