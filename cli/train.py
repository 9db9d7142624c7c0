"""``ucch train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .options import OPTIMIZERS, debug_option

__all__ = ["command"]

_FROM_RECIPE = ("data", "data_root", "optimizer", "bits", "epochs", "recipe", "settings", "seed")


@click.command("train")
@click.option("--data", metavar="NAME|FILE.npz", help="Data set or feature file.  [default: digits]")
@click.option("--data-root", metavar="DIR", type=click.Path(path_type=Path), help="Folder of a published data set.")
@click.option(
    "--optimizer",
    type=click.Choice(OPTIMIZERS, case_sensitive=False),
    help="How to train through the sign.  [default: momentum]",
)
@click.option("--bits", type=click.IntRange(1, 4096), help="Bits of a code.  [default: 64]")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the pairs.  [default: as the recipe says]")
@click.option("--recipe", metavar="NAME|FILE.toml", help="Where the other choices come from.  [default: default]")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change one choice of the recipe.")
@click.option("--seed", type=click.IntRange(0), help="Decides everything random.  [default: 0]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Run folder.  [default: a new one in runs/]"
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out where it stopped.")
@click.option("--allow-overlap", is_flag=True, help="Accept queries that stand in the training set or the database.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    device: str,
    out: Path | None,
    resume: bool,
    allow_overlap: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Learn binary codes from image-text pairs, without labels, and report how well they retrieve.

    Without options it trains on built-in digits. Nothing is overwritten: --out must be new or empty.

    \b
    ucch train --data features.npz --bits 64 --out runs/mine
    """
    from ucch.data import check_overlap, load_dataset
    from ucch.evaluation import evaluate_run
    from ucch.training import RunFolder, choose_device, train_run

    from .progress import TrainingProgress
    from .tables import report_table

    if resume:
        _check_resume(ctx, out)
        run = RunFolder.open(out or "")
        recipe = run.recipe()
    else:
        recipe = _recipe(**choices)
    where = choose_device(device)
    dataset = load_dataset(recipe.data, recipe.data_root)
    if not allow_overlap:
        check_overlap(dataset)
    if not resume:
        run = _new_run(out, recipe)
    console = Console(stderr=True)
    console.print(f"{dataset.name}: {len(dataset.train)} pairs, {recipe.bits} bits, into {run.path}", highlight=False)
    with TrainingProgress(console) as shown:
        train_run(
            run,
            dataset.train,
            device=where,
            resume=resume,
            on_start=shown.start,
            on_step=shown.step,
            on_epoch=shown.epoch,
            on_warning=shown.warning,
        )
    report = evaluate_run(run, dataset)
    if as_json:
        click.echo(json.dumps(report))
    else:
        Console().print(report_table(report))
    console.print(f"run folder {run.path}, pictures in {run.plots}", highlight=False)


def _check_resume(ctx: click.Context, out: Path | None) -> None:
    if out is None:
        raise click.UsageError("--resume needs the run folder: name it with --out")
    default = click.core.ParameterSource.DEFAULT
    given = [name for name in _FROM_RECIPE if ctx.get_parameter_source(name) is not default]
    if given:
        options = ", ".join("--" + ("set" if name == "settings" else name.replace("_", "-")) for name in given)
        raise click.UsageError(f"--resume goes on with the recipe in {out}; leave out {options}")


def _recipe(**choices: Any) -> Any:
    from ucch.training import load_recipe

    settings = list(choices.pop("settings"))
    recipe = load_recipe(choices.pop("recipe") or "default", settings)
    data, root, epochs = (choices.pop(name) for name in ("data", "data_root", "epochs"))
    update: dict[str, Any] = {name: value for name, value in choices.items() if value is not None}
    if data is not None:
        update["data"] = str(Path(data).resolve()) if Path(data).is_file() else data
    if root is not None:
        update["data_root"] = str(root.resolve())
    if epochs is not None:
        update["training"] = recipe.training.model_copy(update={"epochs": epochs})
    return recipe.model_copy(update=update)


def _new_run(out: Path | None, recipe: Any) -> Any:
    from ucch.training import RunFolder, free_run_path

    return RunFolder.create(out or free_run_path(Path("runs"), f"{Path(recipe.data).stem}-{recipe.bits}"), recipe)
