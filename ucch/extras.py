"""Packages that belong to an extra, imported on use."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .errors import MissingPackageError

__all__ = ["require"]


def require(module: str, *, extra: str, need: str) -> ModuleType:
    """Import a package that belongs to an extra.

    Args:
        module: its import name, or that of a module in it.
        extra: the extra of ``ucch`` that brings it.
        need: what it is needed for, for the message.

    Raises:
        MissingPackageError: it is not installed; the message holds the pip line to type.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name not in (package, module):
            raise
        raise MissingPackageError(
            f"{need} needs the package {package}, which is not installed: pip install 'ucch[{extra}]'"
        ) from None
