"""Paths to read from: one that is misspelt is said before anything else is looked at."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

__all__ = ["InputName", "InputPath", "not_there"]


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
    """A file or folder that is read; wrong usage where nothing stands there."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if missing := not_there(Path(os.fsdecode(path))):
            self.fail(missing, param, ctx)
        return path


class InputName(click.types.StringParamType):
    """A name of the program's own or a file; what looks like a file must be there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        name = str(super().convert(value, param, ctx))
        is_path = Path(name).suffix != "" or len(Path(name).parts) > 1
        if is_path and (missing := not_there(Path(name))):
            self.fail(missing, param, ctx)
        return name
