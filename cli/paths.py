"""Paths: what is wrong with one, misspelt, of the wrong kind or closed, is said before anything else is looked at."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

__all__ = ["STDIN", "InputName", "InputPath", "OutputPath", "not_there"]

STDIN = Path("-")


def not_there(path: Path) -> str:
    """Say that nothing stands at a path, and what there is instead; empty where something does.

    Args:
        path: of a file or folder. What cannot be asked for, as in a folder that may not be read, counts as there: the
            reader says why.

    Example:
        >>> not_there(Path("."))
        ''
    """
    try:
        if path.exists():
            return ""
        missing = path
        while not missing.parent.exists():
            missing = missing.parent
        others = [entry.name for entry in missing.parent.iterdir()] if missing.parent.is_dir() else []
        near = get_close_matches(missing.name, others, n=1)
    except OSError:
        return ""
    where = "" if missing == path else f": there is no {missing}"
    return f"{path} does not exist{where}." + (f" Did you mean {str(missing.parent / near[0])!r}?" if near else "")


class InputPath(click.Path):
    """A file or folder that is read; wrong usage where nothing stands there, the other of the two, or it is closed.

    Args:
        file_okay, dir_okay: what it may be.
        dash: whether ``-`` stands for standard input, ``STDIN``.
    """

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True, dash: bool = False) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, allow_dash=dash, path_type=Path)

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if self.allow_dash and path == STDIN:
            return path
        if missing := not_there(Path(os.fsdecode(path))):
            self.fail(missing, param, ctx)
        try:
            os.stat(path)
        except (OSError, ValueError) as error:  # in a folder that may not be read; longer than any name
            self.fail(f"{value} cannot be read: {_reason(error)}.", param, ctx)
        return path


class OutputPath(click.Path):
    """A file or folder that is written; wrong usage where the other of the two stands there, or it cannot be made.

    Whether something that is there is replaced, the command decides.

    Args:
        file_okay, dir_okay: what it may be.
        parents: folders on the way are made; otherwise the one that it lies in must be there.
    """

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True, parents: bool = False) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)
        self.parents = parents

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            reason = self._wrong(path)
        except (OSError, ValueError) as error:
            reason = _reason(error)
        if reason:
            self.fail(f"{path} cannot be made: {reason}.", param, ctx)
        return path

    def _wrong(self, path: Path) -> str:
        if path.exists():
            closed = path.is_dir() and not os.access(path, os.W_OK | os.X_OK)
            return f"folder {path} is not writable" if closed else ""
        lies_in = path.absolute().parent
        while self.parents and not lies_in.exists():
            lies_in = lies_in.parent
        if not lies_in.exists():
            return f"folder {lies_in} does not exist"
        if not lies_in.is_dir():
            return f"{lies_in} is a file"
        return "" if os.access(lies_in, os.W_OK | os.X_OK) else f"folder {lies_in} is not writable"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


class InputName(click.types.StringParamType):
    """A name of the program's own or a file; what looks like a file must be there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        name = str(super().convert(value, param, ctx))
        is_path = Path(name).suffix != "" or len(Path(name).parts) > 1
        if is_path and (missing := not_there(Path(name))):
            self.fail(missing, param, ctx)
        return name
