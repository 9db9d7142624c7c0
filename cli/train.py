"""``ucch train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from ucch.recipe.strategy_sections import OPTIMIZERS
from ucch.recipe.teacher_sections import TEACHERS

from .asked_recipe import asked_recipe, check_same
from .extraction_options import ENCODING, SOURCE, encoding_options, source_options
from .grouped import GroupedCommand, recipe_option
from .nearest import Choice
from .options import debug_option
from .paths import InputName, InputPath, OutputPath
from .stream import check_options, is_stream_run, train_on_stream

if TYPE_CHECKING:
    from ucch.data import ItemDataset
    from ucch.extraction import Extraction
    from ucch.runs import RunFolder
    from ucch.training.growing import Earlier

__all__ = ["command"]

_GROUPS = {
    "What to train on": ("data", "data_root", "stream", "one_sided", "trust", "allow_overlap", *SOURCE),
    "What to learn": ("bits", "nested", "calibrate", "goal", "optimizer", "teacher", "pseudo_labels", "fine_tune"),
    "How long, and everything else of the recipe": ("epochs", "seed", "recipe", "settings"),
    "Going on from an earlier run": ("earlier", "replay", "keep_codes"),
    "Where to": ("out", "resume", "as_json"),
    "Where and how fast it runs": ("device", *ENCODING),
}


@click.command("train", cls=GroupedCommand, groups=_GROUPS)
@recipe_option(
    "--data",
    key="data",
    type=InputName(),
    metavar="NAME|FILE",
    help="Data set, or features: .npz, .npy, .pt, .safetensors, .h5 or .parquet.",
)
@recipe_option(
    "--data-root",
    key="data_root",
    metavar="DIR",
    type=InputPath(file_okay=False),
    help="Folder of a published data set.",
)
@recipe_option(
    "--stream",
    key="source.stream",
    metavar="DIR|-",
    type=InputPath(dash=True),
    help="Shards of features, each read once: their folder, a file of their paths, or - for paths on stdin.",
)
@source_options(required=False)
@recipe_option(
    "--optimizer",
    key="optimizer",
    type=Choice(OPTIMIZERS, case_sensitive=False),
    help="How to train through the sign.",
)
@recipe_option(
    "--goal",
    key="goal",
    type=Choice(["auto", "categories", "both", "partners", "neighbors"], case_sensitive=False),
    help="What the codes are for; auto decides without labels.",
)
@recipe_option(
    "--teacher",
    key="teacher.similarity",
    type=Choice(TEACHERS, case_sensitive=False),
    help="Similarity of the training pairs that guides the codes, without labels.",
)
@recipe_option(
    "--pseudo-labels",
    key="labels.pseudo",
    type=Choice(["tags", "kmeans"]),
    help="Make labels up from the features, for a recipe that learns from labels.",
)
@recipe_option(
    "--one-sided",
    key="pairs.one_sided",
    type=Choice(["refuse", "drop", "keep"]),
    help="What becomes of items that lack their image or text.",
)
@recipe_option(
    "--trust",
    key="pairs.trust",
    type=Choice(["none", "auto"]),
    help="auto takes pairs apart whose image and text likely belong to different items.",
)
@recipe_option("--bits", key="bits", type=click.IntRange(1, 4096), help="Bits of a code.")
@recipe_option(
    "--nested",
    key="model.nested",
    is_flag=True,
    help="Make the first 32, 64, 128 ... bits of a code codes themselves.",
)
@recipe_option(
    "--calibrate",
    key="training.calibrate",
    is_flag=True,
    help="Set some pairs aside to learn what distances mean.",
)
@recipe_option(
    "--epochs", key="training.epochs", type=click.IntRange(1), help="Passes over the pairs; auto suits the goal."
)
@click.option(
    "--recipe",
    type=InputName(),
    metavar="NAME|FILE.toml",
    help="Where the other choices come from.  [default: default]",
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change one choice of the recipe.")
@recipe_option("--seed", key="seed", type=click.IntRange(0), help="Decides everything random.")
@recipe_option(
    "--fine-tune",
    key="fine_tuning.enabled",
    is_flag=True,
    help="Train the image encoder too, after epochs in which it stays as it is.",
)
@recipe_option(
    "--continue",
    "earlier",
    key="growing.earlier",
    metavar="RUN",
    type=InputPath(file_okay=False),
    help="Go on from this run with the pairs of --data, which it has not seen.",
)
@recipe_option(
    "--replay",
    key="growing.replay",
    type=InputName(),
    metavar="NAME|FILE",
    help="Features of the earlier run's pairs; without them those take part by their codes.",
)
@recipe_option(
    "--keep-codes",
    key="growing.keep_codes",
    is_flag=True,
    help="Earlier items answer on by the codes they have, bit for bit.",
)
@encoding_options
@click.option("--device", type=Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--out",
    metavar="DIR",
    type=OutputPath(file_okay=False, parents=True),
    help="Run folder.  [default: a new one in runs/]",
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out where it stopped; start it if there is none.")
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
    recipe: str | None,
    settings: tuple[str, ...],
    **choices: Any,
) -> None:
    """Learn binary codes from image-text pairs, or from one view alone, and report how well they retrieve.

    Labels are not read, but for the recipes unihash and mlwch-like, which need them. Without options it trains on
    built-in digits. With --images it first does what ucch extract does. Nothing is overwritten: --out must be new or
    empty. Ctrl-C and SIGTERM finish the step, save, and exit with 130 and 143; --resume goes on as if nothing had been.
    A command with --resume may be given again as it was: it starts the run or goes on with it, and is refused where it
    says something else than the run's recipe.

    A file with one NAME_train, or an .npy, has one view, such as the embeddings of texts: codes then keep their
    neighbours (docs/one_view.md).

    --stream reads one shard of features after the other, each once, in flat memory; there is no report then, since
    nothing is set aside (docs/streams.md).

    torchrun starts several processes, which train one model (docs/scale.md).

    \b
    ucch train --data features.npz --bits 64 --out runs/mine
    ucch train --data embeddings.npy --bits 128
    torchrun --nproc-per-node 2 -m ucch train --data features.npz --set placement=sharded
    ucch train --data features.npz --recipe unihash --pseudo-labels kmeans
    ucch train --images photos --captions captions.csv --image-encoder clip --text-encoder clip
    ucch train --stream parts --out runs/stream
    ucch train --continue runs/mine --data more.npz --keep-codes --out runs/grown
    """
    from ucch.data import check_overlap, near_rows
    from ucch.evaluation import evaluate_run
    from ucch.extraction import check_copies
    from ucch.runs import RunFolder
    from ucch.training import choose_device, processes, training_labels
    from ucch.training.check_views import check_views
    from ucch.training.growing import kept_codes

    from .continued_run import check_continued, continued_recipe, hand_on
    from .feature_source import extraction_summary, keep_tuned, new_run, old_run, open_tuning
    from .tables import report_table

    encoding = {name: choices.pop(name) for name in ENCODING}
    if resume and out is None:
        raise click.UsageError("--resume needs the run folder: name it with --out")
    resume = resume and out is not None and RunFolder(out).recipe_file.is_file()  # asked before processes may make it
    if resume and out is not None:
        check_same(out, ctx.command, choices, recipe=recipe, settings=settings)
    if choices["stream"] is not None or (resume and out is not None and is_stream_run(out)):
        check_options(ctx)
        kept = RunFolder.open(out).recipe() if resume and out is not None else None
        asked = kept or asked_recipe(ctx.command, choices, recipe=recipe, settings=settings)
        return train_on_stream(Console(stderr=True), asked, out=out, device=device, resume=resume, as_json=as_json)
    noticed: dict[str, Any] = {}
    earlier: Earlier | None = None  # what the run goes on from, once it is read
    where = choose_device(device)
    with processes(where) as world:
        console = Console(stderr=True, quiet=world.rank > 0)
        if resume:
            run, dataset = old_run(console, out or Path(), where, world=world, **encoding)
            chosen = run.recipe()
        else:
            base = continued_recipe(choices, recipe)
            chosen = asked_recipe(ctx.command, choices, recipe=recipe, settings=settings, base=base)

            def check(dataset: ItemDataset, extraction: Extraction | None) -> None:
                nonlocal earlier
                earlier = check_continued(chosen, dataset, extraction, n_processes=world.size)
                check_views(chosen, dataset.train)
                if not allow_overlap and extraction is not None:
                    check_copies(extraction)
                if not allow_overlap:
                    check_overlap(dataset)
                look = extraction is None and "image" in dataset.names
                if look and (near := near_rows(dataset)).count:
                    console.print(f"warning: {near.sentence()}", highlight=False, soft_wrap=True)
                    noticed["near_rows"] = near.to_json()
                if chosen.wants_labels:
                    training_labels(chosen, dataset.train)

            run, dataset = new_run(console, out, chosen, where, check=check, world=world, **encoding)
        what = "pairs" if dataset.names == ("image", "text") else f"items of {', '.join(dataset.names)}"
        pairs = f"{dataset.name}: {len(dataset.train)} {what}, {chosen.bits} bits"
        console.print(f"{pairs}, into {run.path}", highlight=False)
        if world.rank == 0:
            hand_on(run, dataset, earlier)
        with open_tuning(run, where, **encoding) as tuning:
            _train(console, run, dataset, device=where, world=world, resume=resume, fine_tuning=tuning)
            if tuning is not None:
                dataset = keep_tuned(console, run, tuning, **encoding)
        report = evaluate_run(run, dataset, world=world, kept=kept_codes(run, dataset))
    if world.rank:
        return
    if as_json:
        click.echo(json.dumps({**report, **extraction_summary(run), **noticed}))
    else:
        Console().print(report_table(report))
        if "growing" in report:
            click.echo(report["growing"]["text"])
    console.print(f"run folder {run.path}, pictures in {run.plots}", highlight=False)


def _train(console: Console, run: RunFolder, dataset: ItemDataset, **options: Any) -> None:
    """Train with a bar; a signal ends the command by its exit code, once the state is saved."""
    from ucch.errors import RunStoppedError
    from ucch.runs.stop_signals import StopSignals
    from ucch.training import train_run

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
