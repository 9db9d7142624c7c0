"""Write the pages that are made from the program itself: ``python docs/generate.py``.

``docs/cli.md`` is the help of every command, ``docs/recipe_fields.md`` the fields of a recipe with their defaults,
``docs/data_sets.md`` the catalog of data sets. A test fails where a page and the program differ.
"""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.testing import CliRunner
from pydantic import BaseModel
from ucch.cli.main import COMMANDS, cli

from ucch.data import DATASETS, DatasetEntry
from ucch.recipe import Recipe

DOCS = Path(__file__).resolve().parent


def cli_page() -> str:
    """Help of the program and of every command."""
    os.environ["COLUMNS"] = "100"
    parts = ["# Command line\n\nMade from the program by `python docs/generate.py`.\n"]
    for name in ["", *(leaf for top in sorted(COMMANDS) for leaf in _with_leaves(top))]:
        text = CliRunner().invoke(cli, [*name.split(), "--help"], prog_name="ucch", terminal_width=100).stdout
        parts.append(f"\n## ucch {name}".rstrip() + f"\n\n```text\n{text.rstrip()}\n```\n")
    return "".join(parts)


def _with_leaves(name: str) -> list[str]:
    """A command, and under a group its commands too."""
    command = cli.get_command(click.Context(cli), name)
    return [name, *(f"{name} {leaf}" for leaf in command.commands)] if isinstance(command, click.Group) else [name]


def data_sets_page() -> str:
    """The catalog: sizes of every set, then for each its files, licence and source."""
    lines = ["# Data sets", "", "Made from the program by `python docs/generate.py`.", ""]
    lines += ["| name | train | queries | classes | image | text |", "|---|---:|---:|---:|---|---|"]
    for name, entry in DATASETS.items():
        sizes = f"{entry.n_train:,} | {entry.n_query:,} | {entry.n_classes or 'none'}"
        lines.append(f"| [`{name}`](#{name}) | {sizes} | {entry.image} | {entry.text} |")
    for name, entry in DATASETS.items():
        lines += ["", f"({name})=", "", f"## {name}", "", f"{entry.summary[0].upper()}{entry.summary[1:]}.", ""]
        lines += [f"- Reference: {entry.reference}.", f"- Licence: {entry.licence}.", f"- From: {entry.source}."]
        if entry.folder:
            lines.append(f"- Looked for in `--data-root` and in its subfolder `{entry.folder}`.")
        lines += _file_table(entry)
    return "\n".join(lines) + "\n"


def _file_table(entry: DatasetEntry) -> list[str]:
    rows = [f"| `{spec.file}` | `{spec.key}` {spec.kind} ({spec.rows}, {spec.columns}) |" for spec in entry.arrays]
    rows += [f"| `{file}` | {holds} |" for file, holds in entry.other_files]
    if entry.raw_images is not None:
        rows.append(f"| `{entry.raw_images[0]}` | `{entry.raw_images[1]}` the pictures, optional |")
    return ["", "| file | holds |", "|---|---|", *rows] if rows else []


def recipe_page() -> str:
    """A table per section: field, default, what is allowed."""
    lines = ["# Recipe fields", "", "Made from the program by `python docs/generate.py`.", ""]
    sections = {name: field for name, field in Recipe.model_fields.items() if _section(field.annotation)}
    lines += ["## Top level", "", *_table(Recipe, skip=set(sections))]
    for name, field in sections.items():
        section = field.annotation
        assert section is not None
        lines += ["", f"## [{name}]", "", " ".join((section.__doc__ or "").split()), "", *_table(section)]
    return "\n".join(lines) + "\n"


def _section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _table(model: type[BaseModel], skip: frozenset[str] | set[str] = frozenset()) -> list[str]:
    schema = model.model_json_schema()["properties"]
    rows = ["| field | default | allowed |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name not in skip:
            rows.append(f"| `{name}` | `{field.default!r}` | {_allowed(schema[name])} |")
    return rows


def _allowed(schema: dict[str, object]) -> str:
    if "anyOf" in schema:
        return " or ".join(_allowed(option) for option in schema["anyOf"])  # type: ignore[attr-defined]
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])  # type: ignore[attr-defined]
    if "const" in schema:
        return f"`{schema['const']}`"
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = " and ".join(f"{sign} {schema[key]}" for key, sign in bounds.items() if key in schema)
    return f"{schema.get('type', '')} {limits}".strip()


PAGES = {"cli.md": cli_page, "data_sets.md": data_sets_page, "recipe_fields.md": recipe_page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
