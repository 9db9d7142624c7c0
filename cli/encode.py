"""``ucch encode``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .extraction_options import cache_folder, encoding_options, import_from_here, worker_count
from .options import debug_option

__all__ = ["command"]


@click.command("encode")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--images", metavar="DIR", type=click.Path(path_type=Path), help="Folder of photographs.")
@click.option(
    "--texts", metavar="FILE", type=click.Path(path_type=Path), help="Text file, a text per line, or captions."
)
@click.option("--features", metavar="FILE.npy", type=click.Path(path_type=Path), help="Features, a row per item.")
@click.option("--modality", type=click.Choice(["image", "text"]), help="What --features holds.")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--max-bad", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Broken images allowed.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="New .npy, with .ids.txt, or .parquet.",
)
@encoding_options
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@debug_option
def command(run: Path, out: Path, as_json: bool, **choices: Any) -> None:
    """Turn photographs, texts or features into packed codes by the run folder RUN.

    The run knows its encoders; another one is refused. Codes are uint8, ceil(bits/8) a row, most significant bit
    first.

    \b
    ucch encode runs/mine --images photos --out photos.npy
    """
    from ucch.errors import DataError
    from ucch.extraction import check_new, write_codes
    from ucch.training import RunFolder

    sources = [name for name in ("images", "texts", "features") if choices[name] is not None]
    if len(sources) != 1:
        raise click.UsageError("name one of --images, --texts and --features")
    if (sources == ["features"]) != (choices["modality"] is not None):
        raise click.UsageError("--modality goes with --features, which cannot tell images from texts by themselves")
    modality = {"images": "image", "texts": "text"}.get(sources[0], choices["modality"])
    check_new(out)
    folder = RunFolder.open(run)
    model = folder.model()
    console = Console(stderr=True)
    import_from_here()
    features, ids, bad = _FEATURES[sources[0]](console, folder.path, **choices)
    if len(ids) != len(features):
        raise DataError(f"{len(ids)} ids for {len(features)} rows of features")
    codes = (model.encode_image if modality == "image" else model.encode_text)(features)
    write_codes(out, codes, ids, n_bits=model.n_bits, modality=modality)
    figures = {"out": str(out), "modality": modality, "codes": len(codes), "bits": model.n_bits, "bad": bad}
    click.echo(
        json.dumps(figures) if as_json else f"{len(codes)} {modality} codes of {model.n_bits} bits; {len(bad)} left out"
    )
    console.print(f"codes in {out}", highlight=False, soft_wrap=True)


def _from_images(console: Console, run: Path, **choices: Any) -> tuple[Any, list[str], list[dict[str, str]]]:
    from ucch.extraction import encode_images, list_images, run_encoder
    from ucch.training import choose_device

    from .encoding_progress import EncodingProgress

    names = list_images(choices["images"])
    encoder = run_encoder(run, "image", choices["image_encoder"], device=choose_device(choices["device"]))
    with EncodingProgress(console) as shown:
        encoded = encode_images(
            [choices["images"] / name for name in names],
            encoder,
            cache_folder=cache_folder(choices["cache"]),
            batch_size=choices["batch_size"],
            workers=worker_count(choices["workers"]),
            max_bad=choices["max_bad"],
            on_progress=lambda done, total: shown("images", done, total),
        )
    for entry in encoded.bad:
        console.print(f"left out: {entry.path}: {entry.reason}", highlight=False, soft_wrap=True)
    ids = [name for name, good in zip(names, encoded.good, strict=True) if good]
    return encoded.features, ids, [{"path": str(entry.path), "reason": entry.reason} for entry in encoded.bad]


def _from_texts(console: Console, run: Path, **choices: Any) -> tuple[Any, list[str], list[dict[str, str]]]:
    from ucch.data.captions import read_texts
    from ucch.extraction import encode_texts, run_encoder
    from ucch.training import choose_device

    from .encoding_progress import EncodingProgress

    texts, ids = read_texts(choices["texts"])
    encoder = run_encoder(run, "text", choices["text_encoder"], device=choose_device(choices["device"]))
    with EncodingProgress(console) as shown:
        features = encode_texts(
            texts,
            encoder,
            cache_folder=cache_folder(choices["cache"]),
            batch_size=choices["batch_size"],
            on_progress=lambda done, total: shown("texts", done, total),
        )
    return features, ids, []


def _from_features(console: Console, run: Path, **choices: Any) -> tuple[Any, list[str], list[dict[str, str]]]:
    from ucch.retrieval.code_files import read_matrix

    features = read_matrix(choices["features"])
    return features, [str(row) for row in range(len(features))], []


_FEATURES = {"images": _from_images, "texts": _from_texts, "features": _from_features}
