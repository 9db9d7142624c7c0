"""``ucch train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .extraction_options import ENCODING, SOURCE, encoding_options, source_options
from .options import OPTIMIZERS, debug_option

if TYPE_CHECKING:
    from ucch.data import PairedDataset
    from ucch.training import RunFolder

__all__ = ["command"]

_OWN = (
    "data",
    "data_root",
    "optimizer",
    "goal",
    "teacher",
    "pseudo_labels",
    "bits",
    "nested",
    "epochs",
    "recipe",
    "settings",
    "seed",
    "fine_tune",
)
_FROM_RECIPE = (*_OWN, *SOURCE)


@click.command("train")
@click.option("--data", metavar="NAME|FILE", help="Data set, or .npz or .parquet of features.  [default: digits]")
@click.option("--data-root", metavar="DIR", type=click.Path(path_type=Path), help="Folder of a published data set.")
@source_options(required=False)
@click.option(
    "--optimizer",
    type=click.Choice(OPTIMIZERS, case_sensitive=False),
    help="How to train through the sign.  [default: momentum]",
)
@click.option(
    "--goal",
    type=click.Choice(["auto", "categories", "both", "partners", "neighbors"], case_sensitive=False),
    help="What the codes are for; auto decides without labels.  [default: auto]",
)
@click.option(
    "--teacher",
    type=click.Choice(["auto", "none", "mie", "joint-semantics"], case_sensitive=False),
    help="Similarity of the training pairs that guides the codes, without labels.  [default: auto]",
)
@click.option(
    "--pseudo-labels",
    type=click.Choice(["tags", "kmeans"]),
    help="Make labels up from the features, for a recipe that learns from labels.",
)
@click.option("--bits", type=click.IntRange(1, 4096), help="Bits of a code.  [default: 64]")
@click.option("--nested", is_flag=True, help="Make the first 32, 64, 128 ... bits of a code codes themselves.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the pairs.  [default: as the recipe says]")
@click.option("--recipe", metavar="NAME|FILE.toml", help="Where the other choices come from.  [default: default]")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change one choice of the recipe.")
@click.option("--seed", type=click.IntRange(0), help="Decides everything random.  [default: 0]")
@click.option("--fine-tune", is_flag=True, help="Train the image encoder too, after epochs in which it stays as it is.")
@encoding_options
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
    """Learn binary codes from image-text pairs and report how well they retrieve.

    Labels are not read, but for the recipes unihash and mlwch-like, which need them. Without options it trains on
    built-in digits. With --images it first does what ucch extract does. Nothing is overwritten: --out must be new or
    empty. Ctrl-C and SIGTERM finish the step, save, and exit with 130 and 143; --resume goes on as if nothing had been.

    torchrun starts several processes, which train one model (docs/scale.md).

    \b
    ucch train --data features.npz --bits 64 --out runs/mine
    torchrun --nproc-per-node 2 -m ucch train --data features.npz --set placement=sharded
    ucch train --data features.npz --recipe unihash --pseudo-labels kmeans
    ucch train --images photos --captions captions.csv --image-encoder clip --text-encoder clip
    """
    from ucch.data import check_overlap
    from ucch.evaluation import evaluate_run
    from ucch.training import choose_device, processes, training_labels

    from .feature_source import keep_tuned, new_run, old_run, open_tuning
    from .tables import report_table

    encoding = {name: choices.pop(name) for name in ENCODING}
    where = choose_device(device)
    if resume:
        _check_resume(ctx, out)
    with processes(where) as world:
        console = Console(stderr=True, quiet=world.rank > 0)
        if resume:
            run, dataset = old_run(console, out or Path(), where, world=world, **encoding)
            recipe = run.recipe()
        else:
            recipe = _recipe(**choices)

            def check(dataset: PairedDataset) -> None:
                if not allow_overlap:
                    check_overlap(dataset)
                if recipe.wants_labels:
                    training_labels(recipe, dataset.train)

            run, dataset = new_run(console, out, recipe, where, check=check, world=world, **encoding)
        pairs = f"{dataset.name}: {len(dataset.train)} pairs, {recipe.bits} bits"
        console.print(f"{pairs}, into {run.path}", highlight=False)
        with open_tuning(run, where, **encoding) as tuning:
            _train(console, run, dataset, device=where, world=world, resume=resume, fine_tuning=tuning)
            if tuning is not None:
                dataset = keep_tuned(console, run, tuning, **encoding)
        report = evaluate_run(run, dataset, world=world)
    if world.rank:
        return
    if as_json:
        click.echo(json.dumps(report))
    else:
        Console().print(report_table(report))
    console.print(f"run folder {run.path}, pictures in {run.plots}", highlight=False)


def _train(console: Console, run: RunFolder, dataset: PairedDataset, **options: Any) -> None:
    """Train with a bar; a signal ends the command by its exit code, once the state is saved."""
    from ucch.errors import RunStoppedError
    from ucch.training import train_run
    from ucch.training.stop_signals import StopSignals

    from .progress import TrainingProgress

    with TrainingProgress(console) as shown, StopSignals() as stop:
        callbacks: dict[str, Any] = {
            "on_start": shown.start,
            "on_step": shown.step,
            "on_epoch": shown.epoch,
            "on_warning": shown.warning,
            "on_teacher": shown.teacher,
        }
        try:
            train_run(run, dataset.train, stop=stop, **callbacks, **options)
            shown.finish()
        except RunStoppedError as error:
            console.print(str(error), highlight=False, soft_wrap=True)
            raise SystemExit(128 + (stop.number or 0)) from None  # ctx.exit's is a RuntimeError, as lost processes are


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
    source = {name: choices.pop(name) for name in SOURCE}
    fine_tune, nested = choices.pop("fine_tune"), choices.pop("nested")
    data, root, epochs, pseudo = (choices.pop(name) for name in ("data", "data_root", "epochs", "pseudo_labels"))
    update: dict[str, Any] = {name: value for name, value in choices.items() if value is not None}
    if data is not None:
        update["data"] = str(Path(data).resolve()) if Path(data).is_file() else data
    if root is not None:
        update["data_root"] = str(root.resolve())
    if any(value is not None for value in source.values()):
        update["source"] = _source(recipe.source, data, source)
    elif data is not None:
        update["source"] = type(recipe.source)()
    if epochs is not None:
        update["training"] = recipe.training.model_copy(update={"epochs": epochs})
    if (teacher := update.pop("teacher", None)) is not None:
        update["teacher"] = recipe.teacher.model_copy(update={"similarity": teacher})
    if nested:
        update["model"] = recipe.model.model_copy(update={"nested": True})
    if fine_tune:
        update["fine_tuning"] = recipe.fine_tuning.model_copy(update={"enabled": True})
    if pseudo is not None:
        if not recipe.wants_labels:
            raise click.UsageError(
                f"--pseudo-labels goes with --recipe unihash or mlwch-like; recipe {recipe.name} reads no labels"
            )
        update["labels"] = recipe.labels.model_copy(update={"pseudo": pseudo})
    return recipe.model_copy(update=update)


def _source(known: Any, data: str | None, given: dict[str, Any]) -> Any:
    """The recipe's section of photographs and captions with what the command line says."""
    if data is not None:
        raise click.UsageError("--data names features that exist, --images photographs to take them from; give one")
    for name in ("images", "captions"):
        if given[name] is not None:
            given[name] = str(given[name].resolve())
    source = known.model_copy(update={name: value for name, value in given.items() if value is not None})
    if source.images and not source.captions:
        source = source.model_copy(update={"captions": source.images})
    needed = ("images", "image_encoder", "text_encoder")
    missing = ["--" + name.replace("_", "-") for name in needed if not getattr(source, name)]
    if missing:
        raise click.UsageError(f"photographs also need {', '.join(missing)}")
    return source
