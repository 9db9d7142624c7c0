"""``ucch duplicates``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .grouped import GroupedCommand
from .options import code_format_option, debug_option
from .paths import InputPath
from .untrained_run import is_run

__all__ = ["command"]

_GROUPS = {
    "What is near": ("precision", "radius"),
    "Of CODES.npy": ("bits", "code_format", "ids"),
    "Of PHOTOS": ("workers",),
    "Where to": ("as_json",),
}


@click.command("duplicates", cls=GroupedCommand, groups=_GROUPS)
@click.argument("source", metavar="PHOTOS|INDEX|CODES.npy", type=InputPath())
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.99,
    show_default=True,
    help="Share of the pairs found that are to be duplicates.",
)
@click.option("--radius", type=click.IntRange(0), help="Differing bits, in place of the radius that --precision gives.")
@click.option("--bits", type=click.IntRange(1), help="Bits of a code.  [default: 8 per byte]")
@code_format_option
@click.option("--ids", metavar="FILE", type=InputPath(dir_okay=False), help="An id per row: lines of text, or .npy.")
@click.option("--workers", type=click.IntRange(0), help="Processes that read pictures.  [default: one per core]")
@click.option("--json", "as_json", is_flag=True, help="Print the groups as one JSON object.")
@debug_option
def command(source: Path, precision: float, radius: int | None, as_json: bool, **choices: Any) -> None:
    """List groups of near-duplicates: pictures copied, re-encoded or resized, or items of nearly equal codes.

    Pictures (a folder, .tar shards, a table) are compared by a perceptual hash of 64 bits, items of an index and rows
    of a file by their codes. The radius is the largest at which the pairs found are duplicates with --precision,
    estimated from the collection itself; where none is, the command ends with 1. Groups are chains of such pairs.

    \b
    ucch duplicates photos
    ucch duplicates photos.index --radius 2 --json
    """
    from ucch.errors import DataError
    from ucch.retrieval import near_duplicates

    console = Console(stderr=True)
    pictures = _holds_pictures(source)
    read = _pictures if pictures else _codes
    codes, n_bits, names, left_out = read(console, source, **choices)
    found = near_duplicates(codes, n_bits, precision=precision, radius=radius)
    if found.radius is None:
        raise DataError(
            f"no radius has precision {precision:g}: even of the pairs of equal codes only {found.precision:.2f} are"
            " estimated to be duplicates; give a --radius, or compare the pictures themselves: ucch duplicates PHOTOS"
        )
    known = None if found.precision != found.precision else round(found.precision, 4)
    summary: dict[str, Any] = {
        "source": str(source),
        "by": "perceptual hash" if pictures else "codes",
        "items": len(codes),
        "left_out": left_out,
        "bits": n_bits,
        "radius": found.radius,
        "precision": known,
        "pairs": found.n_pairs,
        "groups": [
            {"items": [names[row] for row in rows.tolist()], "farthest": farthest}
            for rows, farthest in zip(found.groups, found.farthest, strict=True)
        ],
    }
    if as_json:
        click.echo(json.dumps(summary))
    else:
        _show(summary)


def _holds_pictures(source: Path) -> bool:
    if is_run(source):
        raise click.UsageError(f"{source} is a run folder; name pictures, an index or a file of codes")
    return source.is_dir() or source.suffix.lower() in (".tar", ".parquet", ".arrow")


def _pictures(
    console: Console, source: Path, *, bits: int | None, code_format: str, ids: Path | None, workers: int | None
) -> tuple[Any, int, list[Any], list[str]]:
    """Hashes of pictures as codes, the names of those that have one, and the names of the others."""
    import numpy as np

    from ucch.images import hash_pictures, open_images

    from .encoding_progress import EncodingProgress
    from .extraction_options import worker_count

    if bits or ids or code_format != "auto":
        raise click.UsageError("--bits, --code-format and --ids go with CODES.npy; pictures have names and a hash")
    found = open_images(source)
    with EncodingProgress(console) as shown:
        hashes, known = hash_pictures(
            found.items, workers=worker_count(workers), on_progress=lambda done, total: shown("pictures", done, total)
        )
    names, codes = np.array(found.names, dtype=object), hashes.astype(">u8").view(np.uint8).reshape(-1, 8)
    return codes[known], 64, names[known].tolist(), names[~known].tolist()


def _codes(
    console: Console, source: Path, *, bits: int | None, code_format: str, ids: Path | None, workers: int | None
) -> tuple[Any, int, list[Any], list[str]]:
    """Codes of a file or an index, and their ids."""
    import numpy as np

    from ucch.errors import DataError
    from ucch.retrieval import BinaryIndex
    from ucch.retrieval.code_files import read_codes, read_ids

    if source.suffix.lower() != ".npy":
        if bits or ids or code_format != "auto":
            raise click.UsageError("--bits, --code-format and --ids go with CODES.npy; an index knows them")
        index = BinaryIndex.load(source)
        return index.codes_of(index.ids), index.n_bits, index.ids.tolist(), []
    codes, n_bits, beside = read_codes(source, n_bits=bits, code_format=code_format)
    names = beside if ids is None else read_ids(ids)
    listed = list(range(len(codes))) if names is None else np.asarray(names).tolist()
    if len(listed) != len(codes):
        raise DataError(f"ids must be as many as codes, {len(codes)}, got {len(listed)}")
    return codes, n_bits, listed, []


def _show(summary: dict[str, Any]) -> None:
    for number, group in enumerate(summary["groups"], start=1):
        click.echo(f"group {number}: {len(group['items'])} items, up to {group['farthest']} bits apart")
        for item in group["items"]:
            click.echo(f"  {item}")
    known = "" if summary["precision"] is None else f", estimated precision {summary['precision']:.3f}"
    if summary["left_out"]:
        first = ", ".join(summary["left_out"][:3])
        click.echo(f"left out, since they cannot be read or show one grey: {len(summary['left_out'])} ({first})")
    within = f"within {summary['radius']} of {summary['bits']} bits by {summary['by']}{known}"
    click.echo(f"{len(summary['groups'])} groups of near-duplicates among {summary['items']:,} items, {within}")
