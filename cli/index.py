"""``ucch index``."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .extraction_options import ENCODING, encoding_options
from .grouped import GroupedCommand
from .live_bar import live_bar
from .nearest import Choice
from .options import code_format_option, debug_option
from .paths import InputPath, OutputPath

__all__ = ["command"]

_GROUPS = {
    "What to index": ("ids", "bits", "code_format", "modality", "images", "image_encoder"),
    "How to find it again": ("kind", "settings", "target", "queries", "features", "features_as"),
    "Where to": ("out", "reproducible", "as_json"),
    "How fast it runs": ENCODING,
}

KINDS = ("flat", "hnsw", "ivf", "multihash")


@click.command("index", cls=GroupedCommand, groups=_GROUPS)
@click.argument("source", metavar="RUN|CODES.npy|PHOTOS", type=InputPath())
@click.option("--out", metavar="FILE", type=OutputPath(dir_okay=False), required=True, help="New index file.")
@click.option("--kind", type=Choice(KINDS), help="flat is exact.  [default: flat]")
@click.option("--set", "settings", metavar="NAME=N", multiple=True, help="A parameter of the kind, such as nprobe=16.")
@click.option("--tune", "target", metavar="RECALL", type=click.FloatRange(0, 1), help="Measure and take the fastest.")
@click.option("--queries", metavar="CODES.npy", type=InputPath(dir_okay=False), help="Sample queries for --tune.")
@click.option("--ids", metavar="FILE", type=InputPath(dir_okay=False), help="An id per row: lines of text, or .npy.")
@click.option("--features", metavar="FILE.npy", type=InputPath(dir_okay=False), help="Features to re-rank by.")
@click.option("--features-as", type=Choice(["int8", "float16"]), default="int8", show_default=True)
@click.option(
    "--bits",
    type=click.IntRange(1),
    help="Bits of a code in CODES.npy or of PHOTOS, or first bits of RUN.  [default: all; 256 of PHOTOS]",
)
@click.option(
    "--modality", metavar="NAME", help="View of RUN's data; item is image and text in one.  [default: the first]"
)
@click.option("--images", metavar="DIR", type=InputPath(), help="Photographs for RUN to encode instead.")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Of PHOTOS; or where RUN's is now.")
@code_format_option
@encoding_options
@click.option("--reproducible", is_flag=True, help="Build on one thread: equal codes, equal file.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@debug_option
def command(source: Path, out: Path, as_json: bool, **choices: Any) -> None:
    """Index packed codes, the database of the run folder RUN, or photographs that RUN encodes, for ucch search.

    PHOTOS are indexed without a run: the features of --image-encoder, centred, rotated and rounded. Pictures find
    pictures at once, and words do with an encoder that reads them: clip, and efficientnet-lite0 as far as the names of
    ImageNet's classes reach. FILE.run beside FILE.index keeps what
    encodes queries.

    With --bits 64 the first bits of a run that was trained with --nested are searched, and the index keeps the whole
    codes to put what is found in order.

    With --tune .95 every kind is measured against the exact search on sample queries, and the fastest setting whose
    tie-aware recall@10 reaches the target is built.

    \b
    ucch index runs/digits-64 --kind ivf --out digits.index
    ucch index runs/mine --images photos --out photos.index
    ucch index photos --image-encoder efficientnet-lite0 --out photos.index
    """
    from ucch.errors import IndexFileError
    from ucch.retrieval import BinaryIndex, CompactFeatures, tune

    from .index_source import read_source

    if out.exists():
        raise IndexFileError(f"{out} exists; choose another name")
    if not out.absolute().parent.is_dir():
        raise IndexFileError(f"folder {out.absolute().parent} does not exist")
    console = Console(stderr=True)
    building = {name: choices.pop(name) for name in ("kind", "settings", "queries")}
    compact = _compact(choices.pop("features"), choices.pop("features_as"))
    target, reproducible = choices.pop("target"), choices.pop("reproducible")
    parameters, measured = _parameters(building["settings"]), None
    sample = None if target is None else _sample(**building, bits=choices["bits"], code_format=choices["code_format"])
    read = read_source(console, source, new_run=out.with_suffix(".run"), **choices)
    codes, n_bits = read.codes, read.n_bits
    if read.whole is not None and compact is None:
        compact = CompactFeatures.of_codes(read.whole)
    with live_bar(console) as bar:
        task = bar.add_task("indexing" if target is None else "measuring kinds", total=None)
        options = {
            "ids": read.ids,
            "features": compact,
            "on_progress": lambda done, total: bar.update(task, completed=done, total=total),
            **read.origin,
        }
        if sample is None:
            kind = building["kind"] or "flat"
            index = BinaryIndex.build(
                codes, n_bits, kind=kind, parameters=parameters, reproducible=reproducible, **options
            )
        else:
            tuned = tune(codes, n_bits, target, **sample, **options)
            index, measured = tuned.index, [asdict(one) for one in tuned.measured]
    index.modality = read.modality if read.modality in ("image", "text") else ""
    if read.calibration is not None and read.calibration.n_bits == n_bits:
        index.calibration = read.calibration
    index.save(out)
    summary: dict[str, Any] = {
        "out": str(out),
        "codes": len(index),
        "bits": n_bits,
        "kind": index.kind,
        "parameters": index.parameters,
        "bytes_per_item": out.stat().st_size / max(1, len(index)),
        "calibrated": index.calibration is not None,
    }
    if measured is not None:
        summary["measured"] = measured
    if read.photographs is not None:
        summary |= read.photographs.left_out_json()
    if as_json:
        click.echo(json.dumps(summary))
    else:
        _show(summary)
    console.print(f"index in {out}", highlight=False, soft_wrap=True)


def _parameters(settings: tuple[str, ...]) -> dict[str, int]:
    parameters = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if not re.fullmatch("[0-9]{1,18}", value):
            raise click.UsageError(f"--set takes NAME=N with a whole number, got {setting!r}")
        parameters[name] = int(value)
    return parameters


def _compact(path: Path | None, kind: str) -> Any:
    from ucch.retrieval import CompactFeatures
    from ucch.retrieval.code_files import read_matrix

    return None if path is None else CompactFeatures.compress(read_matrix(path), kind)


def _sample(
    *, settings: tuple[str, ...], queries: Path | None, kind: str | None, bits: int | None, code_format: str
) -> dict[str, Any]:
    from ucch.retrieval.code_files import read_codes

    if settings:
        raise click.UsageError("--set and --tune exclude each other: --tune chooses the parameters")
    return {
        "queries": queries and read_codes(queries, n_bits=bits, code_format=code_format, what="queries")[0],
        "kinds": [kind] if kind else KINDS,
    }


def _show(summary: dict[str, Any]) -> None:
    from rich.table import Table

    for one in summary.get("measured", ()):
        settings = " ".join(f"{name}={value}" for name, value in one["parameters"].items())
        click.echo(f"{one['kind']:10}{settings:32} recall {one['recall']:.4f}  {one['milliseconds']:.3f} ms a query")
    table = Table.grid(padding=(0, 2))
    parameters = " ".join(f"{name}={value}" for name, value in summary["parameters"].items())
    table.add_row("codes", f"{summary['codes']} of {summary['bits']} bits")
    table.add_row("kind", f"{summary['kind']} {parameters}".rstrip())
    table.add_row("bytes per item", f"{summary['bytes_per_item']:.1f}")
    Console().print(table, highlight=False)
