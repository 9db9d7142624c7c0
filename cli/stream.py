"""``ucch train --stream``: a run on shards that are read one at a time, each once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from rich.console import Console

from .extraction_options import ENCODING, SOURCE
from .paths import STDIN

if TYPE_CHECKING:
    from ucch.data.shards import Shards
    from ucch.recipe import Recipe
    from ucch.runs import RunFolder

__all__ = ["check_options", "is_stream_run", "train_on_stream"]

_NAMES_PAIRS = "it names the features itself"
_ONCE = "its pairs are met once, and nothing is kept of them"
_REFUSED = {
    **dict.fromkeys(("data", "data_root", *SOURCE, *ENCODING), _NAMES_PAIRS),
    **dict.fromkeys(("epochs", "trust", "teacher", "pseudo_labels", "calibrate", "fine_tune"), _ONCE),
    **dict.fromkeys(("earlier", "replay", "keep_codes"), "a run goes on from another by --data"),
    "allow_overlap": "it has no queries",
}


def check_options(ctx: click.Context) -> None:
    """Refuse options that do not go with a stream.

    Raises:
        UsageError: with the option, the reason and the way out.
    """
    for param in ctx.command.params:
        name = str(param.name)
        given = ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE
        if given and name in _REFUSED and not (name == "teacher" and ctx.params[name] in ("auto", "none")):
            raise click.UsageError(
                f"{param.opts[0]} does not go with --stream: {_REFUSED[name]}; leave it out, or train on all pairs by"
                " --data"
            )


def is_stream_run(out: Path) -> bool:
    """Whether a run folder is that of a stream."""
    from ucch.runs import RunFolder

    return bool(RunFolder.open(out).recipe().source.stream)


def train_on_stream(
    console: Console, recipe: Recipe, *, out: Path | None, device: str, resume: bool, as_json: bool
) -> None:
    """Train on a stream into a new run folder, or go on with one, and say what came of it.

    Args:
        console: stderr.
        recipe: of the run; names the stream.
        out: the folder; None takes the next free one in ``runs/``.
        device: where to train.
        resume: whether ``out`` is a run to go on with.
        as_json: print the summary as an object.

    Raises:
        DataError, RecipeError: the first shard or the recipe does not do, before a folder is made; a later shard is
            bad, and what was trained before it is saved.
        RunError: several processes; ``out`` holds something.
    """
    from ucch.errors import RunError
    from ucch.plain_json import parse_json
    from ucch.runs import RunFolder
    from ucch.training import choose_device, processes

    where = choose_device(device)
    with processes(where) as world:
        if world.size > 1:
            raise RunError(
                f"a stream is trained on by one process, got {world.size}; start ucch train without torchrun"
            )
        shards = _shards(recipe)
        run = RunFolder.open(out) if resume and out is not None else _new_run(recipe, out, shards)
        of = "" if shards.count is None else f"{shards.count:,} shards, "
        source = "paths on stdin" if recipe.source.stream == str(STDIN) else recipe.source.stream
        console.print(f"{source}: {of}{recipe.bits} bits, into {run.path}", highlight=False, soft_wrap=True)
        _train(console, run, shards, device=where, resume=resume)
    summary = parse_json(run.stream_file.read_bytes())
    click.echo(json.dumps({"run": str(run.path), **summary}) if as_json else summary["text"])
    console.print(f"run folder {run.path}; ask it: ucch eval {run.path} --data FILE", highlight=False, soft_wrap=True)


def _shards(recipe: Recipe) -> Shards:
    from ucch.data.shards import listed_shards, open_shards

    how = recipe.pairs.one_sided
    if recipe.source.stream == str(STDIN):
        return listed_shards(sys.stdin, one_sided=how)
    return open_shards(recipe.source.stream, one_sided=how)


def _new_run(recipe: Recipe, out: Path | None, shards: Shards) -> RunFolder:
    """A new run folder, once the first shard was looked at; with the cards of encoders where that has them."""
    from ucch.extraction import write_run_encoders
    from ucch.runs import RunFolder, free_run_path
    from ucch.training.check_stream import check_stream

    from .feature_source import feature_cards

    source = recipe.source.stream
    stem = "stream" if source == str(STDIN) else Path(source).stem
    path = RunFolder.check_new(out or free_run_path(Path("runs"), f"{stem}-{recipe.bits}")).path
    check_stream(recipe, shards.first())
    cards = feature_cards(Path(shards.first.name))
    run = RunFolder.create(path, recipe)
    if cards:
        write_run_encoders(run.path, cards)
    return run


def _train(console: Console, run: RunFolder, shards: Shards, **options: Any) -> None:
    """Train with a bar; a signal ends the command by its exit code, once state and model are saved."""
    from ucch.errors import RunStoppedError
    from ucch.runs.stop_signals import StopSignals
    from ucch.training.stream_run import train_stream_run

    from .stream_progress import StreamProgress

    with StreamProgress(console, shards.count) as shown, StopSignals() as stop:
        callbacks: dict[str, Any] = {
            "on_start": shown.start,
            "on_step": shown.step,
            "on_shard": shown.shard,
            "on_warning": shown.warning,
        }
        try:
            train_stream_run(run, shards, stop=stop, **callbacks, **options)
        except RunStoppedError as error:
            console.print(str(error), highlight=False, soft_wrap=True)
            raise SystemExit(128 + (stop.number or 0)) from None
