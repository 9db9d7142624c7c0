"""Write the pages that are made from the program itself: ``python docs/generate.py``.

``docs/cli.md`` is the help of every command, ``docs/recipe_fields.md`` the fields of a recipe with their defaults,
``docs/data_sets.md`` the catalog of data sets, ``docs/optimizers_table.md`` the rows of optimizers in
``docs/leaderboard_table.md`` above the tables of a study, which are kept. A test fails where a page and the program
differ.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from pathlib import Path

import click
from click.testing import CliRunner
from pydantic import BaseModel
from ucch.cli.main import COMMANDS, cli

from ucch.data import DATASETS, DatasetEntry
from ucch.recipe import Recipe
from ucch.training import STRATEGIES

DOCS = Path(__file__).resolve().parent
STUDY = "## Rows set aside"


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


def board_rows() -> dict[tuple[str, str], dict[str, tuple[float, float | None, int]]]:
    """Rows of optimizers in the measured leaderboard: set and length, then name, to MAP, deviation and seeds."""
    found: dict[tuple[str, str], dict[str, tuple[float, float | None, int]]] = {}
    place = ("", "")
    for line in (DOCS / "leaderboard_table.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            name, _, length = line[4:].partition(", ")
            place = (name, length)
        cells = [cell.strip(" *") for cell in line.strip("|").split("|")]
        if len(cells) > 4 and cells[1] == "ucch":
            deviation = None if cells[4] == "-" else float(cells[4])
            own = found.setdefault(place, {})
            own[cells[0].removeprefix("ucch ")] = (float(cells[3]), deviation, int(cells[2].rstrip("†")))
    return found


def measured(rows: Mapping[tuple[str, str], Container[str]]) -> list[str]:
    """Optimizers that the leaderboard has rows of, everywhere."""
    return [name for name in STRATEGIES if all(name in place for place in rows.values())]


def optimizers_page() -> str:
    """Every optimizer on every set of the leaderboard, side by side."""
    rows = board_rows()
    places = sorted(rows, key=lambda place: (place[0], int(place[1].split()[0])))
    best = {place: max(value[0] for value in rows[place].values()) for place in places}
    lines = ["# Optimizers side by side", "", "Made from [the leaderboard](leaderboard_table.md) by"]
    lines += [
        "`python docs/generate.py`: MAP on the query split with the default's teacher, ± over seeds, the number of"
    ]
    lines += ["seeds where it is not 3, the best of a column in bold.", ""]
    lines += [f"| optimizer | {' | '.join(', '.join(place) for place in places)} |", "|---|" + "---:|" * len(places)]
    for name in measured(rows):
        cells = []
        for place in places:
            mean, deviation, seeds = rows[place][name]
            text = f"**{mean:.3f}**" if mean == best[place] else f"{mean:.3f}"
            cells.append(text + (f" ± {deviation:.3f}" if deviation is not None else "") + f" ({seeds})" * (seeds != 3))
        lines.append(f"| [{name}](optimizers/{name}.md) | {' | '.join(cells)} |")
    lines += ["", "![The same as dots: a panel per set, 16 and 64 bits](images/optimizers.svg)", ""]
    return "\n".join([*lines, "*Drawn by `python docs/figures.py`.*", "", study_part()])


def study_part() -> str:
    """What stands under the heading of the study, which ``benchmarks/optimizer_study.py`` writes: kept as it is."""
    _, heading, rest = (DOCS / "optimizers_table.md").read_text(encoding="utf-8").partition(STUDY)
    return heading + rest


PAGES = {
    "cli.md": cli_page,
    "data_sets.md": data_sets_page,
    "optimizers_table.md": optimizers_page,
    "recipe_fields.md": recipe_page,
}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
