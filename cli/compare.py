"""``ucch compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .grouped import GroupedCommand, recipe_option
from .nearest import meant
from .options import debug_option, jobs_option
from .paths import InputName, InputPath, OutputPath
from .processes import cores

__all__ = ["command"]

_GROUPS = {
    "What to train on": ("data", "data_root"),
    "What to compare": ("optimizers", "methods", "bits", "grid"),
    "How long, and what is common": ("seeds", "epochs", "recipe", "settings", "jobs"),
    "Where to": ("out", "as_json"),
}


def _numbers(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of whole numbers such as 16,32") from None


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    from ucch.recipe.strategy_sections import OPTIMIZERS

    words = tuple(word.strip().lower().replace("_", "-") for word in value.split(","))
    if words == ("all",):
        return OPTIMIZERS
    unknown = [word for word in words if word not in OPTIMIZERS]
    if unknown:
        near = meant(unknown[0], OPTIMIZERS)
        raise click.BadParameter(f"{unknown[0]!r} is not all or one of {', '.join(OPTIMIZERS)}.{near}")
    return words


def _methods(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = () if value is None else tuple(word.strip().lower() for word in value.split(","))
    if words != ("all",):
        return words
    from ucch.recipe.recipe import METHODS

    return METHODS


@click.command("compare", cls=GroupedCommand, groups=_GROUPS)
@recipe_option("--data", key="data", type=InputName(), metavar="NAME|FILE.npz", help="Data set or feature file.")
@click.option("--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of a published data set.")
@click.option(
    "--optimizers",
    callback=_names,
    metavar="A,B|all",
    help="Which.  [default: all; beside --methods the one that a recipe has by default]",
)
@click.option(
    "--methods", callback=_methods, metavar="A,B|all", help="Recipes beside them, such as cvh,djsrh; all baselines."
)
@click.option("--bits", default="64", show_default=True, callback=_numbers, metavar="N,M", help="Bits of a code.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Runs of each.")
@recipe_option("--epochs", key="training.epochs", type=click.IntRange(1), help="Passes over the pairs.")
@click.option(
    "--recipe", type=InputName(), metavar="NAME|FILE.toml", default="default", show_default=True, help="What is common."
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change one choice for all.")
@click.option(
    "--grid", metavar="KEY=A,B,C", multiple=True, help="Try values on held-out training pairs, keep the best."
)
@jobs_option
@click.option(
    "--out",
    metavar="DIR",
    type=OutputPath(file_okay=False, parents=True),
    help="Folder.  [default: a new one in runs/]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as one JSON array.")
@debug_option
def command(*, jobs: int | None, out: Path | None, as_json: bool, **choices: Any) -> None:
    """Compare optimizers, same towers and losses, one choice apart; and other methods, same data and protocol.

    Give the --out of an earlier comparison to go on with it or to add to it. Queries choose nothing: --grid selects on
    training pairs set aside, by a score that reads no labels.

    \b
    ucch compare --data digits --optimizers momentum,bop --bits 32,64 --out runs/mine
    ucch compare --data digits --methods all
    """
    from ucch.comparison import compare
    from ucch.runs import free_run_path

    from .comparison_table import comparison_table

    plan = _plan(**choices)
    folder = out or free_run_path(Path("runs"), f"compare-{Path(plan.recipe.data).stem}")
    console = Console(stderr=True)

    def shown(name: str, number: int, total: int) -> None:
        console.print(f"{number}/{total}  {name}", highlight=False)

    rows = compare(plan, folder, n_processes=jobs or cores(), on_run=shown)
    if as_json:
        click.echo(json.dumps(rows))
    else:
        Console().print(comparison_table(rows))
    console.print(f"comparison and runs in {folder}", highlight=False)


def _plan(*, data: str | None, data_root: Path | None, epochs: int | None, **choices: Any) -> Any:
    from ucch.comparison import Plan, parse_grid
    from ucch.data import check_overlap, load_dataset
    from ucch.recipe import load_recipe

    settings = list(choices["settings"])
    settings += [] if epochs is None else [f"epochs={epochs}"]
    recipe = load_recipe(choices["recipe"], settings)
    update: dict[str, Any] = {}
    if data is not None:
        update["data"] = str(Path(data).resolve()) if Path(data).is_file() else data
    if data_root is not None:
        update["data_root"] = str(data_root.resolve())
    recipe = recipe.model_copy(update=update)
    plan = Plan(
        recipe,
        choices["optimizers"],
        choices["bits"],
        choices["seeds"],
        parse_grid(choices["grid"]),
        choices["methods"],
    )
    check_overlap(load_dataset(recipe.data, recipe.data_root))
    return plan
