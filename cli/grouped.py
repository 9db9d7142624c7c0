"""Options under headings, and options whose default is the recipe's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import Any

import click

__all__ = ["GroupedCommand", "RecipeOption", "recipe_option"]


class GroupedCommand(click.Command):
    """List options in the help under headings.

    Args:
        groups: the parameters' names by heading, in the order of the help; what none of them names stands at the end
            under "Other".
        arguments: as of :class:`click.Command`.
    """

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)) is not None:
                records.setdefault(str(param.name), []).append(record)
        named = {name for names in self.groups.values() for name in names}
        groups = {**self.groups, "Other": [name for name in records if name not in named]}
        for heading, names in groups.items():
            if rows := [row for name in names for row in records.get(name, ())]:
                with formatter.section(heading):
                    formatter.write_dl(rows)


class RecipeOption(click.Option):
    """Change one key of the recipe; left out, the recipe says, and the help shows what the recipe default says.

    Args:
        key: of the recipe, with its section, such as ``training.epochs``.
        arguments: as of :class:`click.Option`.
    """

    def __init__(self, *arguments: Any, key: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.key = key

    def recipe_value(self, recipe: Any) -> Any:
        """What a recipe says of the key."""
        return reduce(getattr, self.key.split("."), recipe)

    def get_help_extra(self, ctx: click.Context) -> Any:
        from ucch.recipe import load_recipe

        extra = super().get_help_extra(ctx)
        value = self.recipe_value(load_recipe("default"))
        if not self.is_flag and not self.required and value not in ("", None):
            extra["default"] = str(value)
        return extra


recipe_option = partial(click.option, cls=RecipeOption)
