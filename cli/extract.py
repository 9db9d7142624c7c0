"""``ucch extract``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .extraction_options import (
    ENCODING,
    SOURCE,
    cache_folder,
    encoding_options,
    import_from_here,
    source_options,
    worker_count,
)
from .grouped import GroupedCommand
from .left_out import show_left_out
from .nearest import Choice
from .options import debug_option
from .paths import OutputPath

if TYPE_CHECKING:
    from ucch.extraction import Extraction

__all__ = ["command", "run_extraction", "summary"]

_GROUPS = {
    "What to encode, and by what": (*SOURCE, "one_sided", "allow_overlap", "weights"),
    "Where to": ("out", "as_json"),
    "Where and how fast it runs": ("device", *ENCODING),
}

SHOWN = 10  # bad files named on stderr; --json names all


@click.command("extract", cls=GroupedCommand, groups=_GROUPS)
@source_options(required=True)
@click.option("--weights", metavar="FILE", help="Weights of the image encoder; the same as NAME:FILE.")
@click.option(
    "--out", metavar="FILE", type=OutputPath(dir_okay=False), required=True, help="New .npz or .parquet of features."
)
@encoding_options
@click.option("--device", type=Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--one-sided",
    type=Choice(["drop", "keep"]),
    default="drop",
    show_default=True,
    help="What becomes of pictures without a caption, and of captions without a picture.",
)
@click.option("--allow-overlap", is_flag=True, help="Accept captions that put copies of a picture on both sides.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary, with every bad file, as one JSON object.")
@debug_option
def command(out: Path, weights: str | None, device: str, allow_overlap: bool, as_json: bool, **choices: Any) -> None:
    """Turn photographs and their captions into features that ucch train --data reads.

    Images are split into training and queries, never captions apart from their image, and pictures with the same bytes
    stand on one side. A stopped run goes on where it was: features are kept by file content and encoder.

    \b
    ucch extract --images photos --captions captions.csv --image-encoder clip --text-encoder clip --out features.npz
    """
    from ucch.errors import DataError
    from ucch.extraction import check_copies, save_extraction_npz, save_extraction_parquet
    from ucch.training import choose_device

    writers = {".npz": save_extraction_npz, ".parquet": save_extraction_parquet}
    if out.suffix not in writers:
        raise click.UsageError(f"--out must end in .npz or .parquet, got {out}")
    if out.exists():
        raise DataError(f"{out} exists; choose another name")
    if not out.parent.is_dir():
        raise DataError(f"folder {out.parent} does not exist")
    if weights is not None:
        if ":" in choices["image_encoder"]:
            raise click.UsageError("--weights goes with an image encoder that names no file itself")
        choices["image_encoder"] += f":{weights}"
    console = Console(stderr=True)
    extraction = run_extraction(console, name=out.stem, device=choose_device(device), **choices)
    if not allow_overlap:
        check_copies(extraction)
    writers[out.suffix](out, extraction)
    figures = summary(extraction)
    if as_json:
        click.echo(json.dumps({"out": str(out), **figures}))
    else:
        click.echo(_sentence(figures))
    console.print(f"features in {out}", highlight=False, soft_wrap=True)


def run_extraction(console: Console, *, name: str, device: Any, **choices: Any) -> Extraction:
    """Build the encoders, read the captions and extract; progress and bad files go to the console.

    Args:
        console: stderr.
        name: of the data set.
        device: where the encoders' models run.
        choices: the parameters of :mod:`~ucch.cli.extraction_options`, None where a default is meant.
    """
    from ucch.data.captions import read_captions
    from ucch.encoders import image_encoder, text_encoder
    from ucch.extraction import extract

    from .encoding_progress import EncodingProgress

    import_from_here()
    captions = read_captions(
        choices["captions"] or choices["images"],
        choices["images"],
        encoding=choices["encoding"] or None,
        one_sided=choices["one_sided"] == "keep",
    )
    specs = (choices["image_encoder"], choices["text_encoder"])
    encoders = image_encoder(specs[0], device=device), text_encoder(specs[1], device=device)
    given = {
        name: choices[name]
        for name in ("query_share", "split_seed", "group_near", "max_bad")
        if choices[name] is not None
    }
    with EncodingProgress(console) as shown:
        extraction = extract(
            choices["images"],
            captions,
            *encoders,
            specs=specs,
            name=name,
            batch_size=choices["batch_size"],
            workers=worker_count(choices["workers"]),
            cache_folder=cache_folder(choices["cache"]),
            one_sided=choices["one_sided"] == "keep",
            on_progress=shown,
            **given,
        )
    for entry in extraction.bad[:SHOWN]:
        console.print(f"left out: {entry.path}: {entry.reason}", highlight=False, soft_wrap=True)
    if len(extraction.bad) > SHOWN:
        console.print(f"left out: {len(extraction.bad) - SHOWN} more files", highlight=False)
    show_left_out(console, extraction.left_out)
    if extraction.split_by == "captions":
        console.print("split as the captions say; --query-share and --split-seed draw nothing", highlight=False)
    elif extraction.splits:
        named = ", ".join(f"{name!r} ({count} images)" for name, count in extraction.splits.items())
        console.print(
            f"the captions name the splits {named}, which are no training and query side; the split is drawn",
            highlight=False,
            soft_wrap=True,
        )
    for line in copies_said(extraction):
        console.print(line, highlight=False, soft_wrap=True)
    return extraction


def copies_said(extraction: Extraction) -> list[str]:
    """What there is to say of pictures that are copies of others; nothing where there are none."""
    equal, near, drawn = extraction.equal_copies, extraction.near_copies, extraction.split_by == "seed"
    lines = []
    if equal.count:
        lines.append(f"copies: {equal.count} pictures have the bytes of another ({', '.join(equal.first)})")
        if drawn:
            lines[-1] += "; each stands on the side of the first"
    if equal.across:
        lines.append(
            f"warning: {equal.across} queries are copies of training pictures ({', '.join(equal.first_across)})"
        )
    if near.count:
        lines.append(f"near copies: {near.count} pictures look like another ({', '.join(near.first)})")
    if near.across:
        lines.append(
            f"warning: {near.across} queries look like training pictures ({', '.join(near.first_across)}); --group-near"
            + (" keeps them on one side" if drawn else " leaves these out of training")
        )
    return lines


def summary(extraction: Extraction) -> dict[str, Any]:
    """Plain numbers about an extraction."""
    from ucch.data.sides import alone_in

    dataset = extraction.dataset
    return {
        "train": {"images": len(dataset.train.side("image")), "captions": len(dataset.train.side("text"))},
        "query": {"images": len(dataset.query.image), "captions": len(dataset.query.text)},
        **alone_in(dataset.train),
        "encoders": {
            kind: {"name": card.name, "spec": card.spec, "dimension": card.dimension, "digest": card.digest}
            for kind, card in extraction.encoders.items()
        },
        "encoded": extraction.n_encoded,
        "bad": [{"path": str(entry.path), "reason": entry.reason} for entry in extraction.bad],
        "empty_captions": extraction.n_empty,
        "left_out": extraction.left_out.to_json(),
        "split_by": extraction.split_by,
        "splits": extraction.splits,
        "equal_copies": extraction.equal_copies.to_json(),
        "near_copies": extraction.near_copies.to_json(),
    }


def _sentence(figures: dict[str, Any]) -> str:
    sides = "; ".join(
        f"{split}: {figures[split]['images']} images, {figures[split]['captions']} captions"
        for split in ("train", "query")
    )
    encoders = ", ".join(f"{kind} {card['name']} ({card['dimension']})" for kind, card in figures["encoders"].items())
    left_out = f"left out: {len(figures['bad'])} images, {figures['empty_captions']} empty captions"
    return f"{sides}; {encoders}; {left_out}; {figures['encoded']} images encoded, the others known"
