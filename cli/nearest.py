"""Misspelt commands and values: the nearest one is named."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click

__all__ = ["Choice", "NamingGroup", "meant"]


def meant(word: str, words: Iterable[str]) -> str:
    """`` Did you mean 'train'?`` for a word near to one of some; nothing for one that is not.

    Example:
        >>> meant("trian", ["train", "eval"])
        " Did you mean 'train'?"
    """
    near = get_close_matches(word.lower(), list(words), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class NamingGroup(click.Group):
    """Name the nearest command where one is misspelt."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            raise click.UsageError(f"No such command {name!r}.{meant(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


class Choice(click.Choice[str]):
    """One of some words; the nearest is named where none of them is given."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return super().get_invalid_choice_message(value, ctx) + meant(str(value), self.choices)
