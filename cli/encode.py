"""``ucch encode``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .encoded_items import encoded_items, photographs_of_run, texts_of_run
from .extraction_options import ENCODING, encoding_options, import_from_here
from .grouped import GroupedCommand
from .left_out import show_left_out
from .nearest import Choice
from .options import debug_option
from .paths import InputPath, OutputPath

if TYPE_CHECKING:
    from ucch.data.left_out import LeftOut
    from ucch.models import HashModel
    from ucch.runs import RunFolder

__all__ = ["command"]

_GROUPS = {
    "What to encode": ("images", "texts", "encoding", "features", "dataset", "column", "modality", "max_bad"),
    "By what": ("bits", "image_encoder", "text_encoder"),
    "Where to": ("out", "as_json"),
    "Where and how fast it runs": ("device", *ENCODING),
}


@click.command("encode", cls=GroupedCommand, groups=_GROUPS)
@click.argument("run", type=InputPath(file_okay=False))
@click.option("--images", metavar="DIR", type=InputPath(), help="Folder of photographs.")
@click.option("--texts", metavar="FILE", type=InputPath(), help="Text file, a text per line, or captions.")
@click.option(
    "--features", metavar="FILE|DIR", type=InputPath(), help="Features: .npy, .pt, .safetensors, .parquet, or a folder."
)
@click.option("--encoding", metavar="NAME", help="Encoding of --texts.  [default: UTF-8, or as its mark says]")
@click.option("--dataset", metavar="DIR|FILE", type=InputPath(), help="Folder that datasets saved, or Parquet.")
@click.option("--column", metavar="NAME", help="Its column of pictures, texts or features.  [default: by usual names]")
@click.option("--modality", metavar="NAME", help="What --features or --dataset holds: image, text or another view.")
@click.option("--bits", type=click.IntRange(1), help="First bits of codes trained with --nested.  [default: all]")
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--max-bad", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Broken images allowed.")
@click.option(
    "--out",
    metavar="FILE",
    type=OutputPath(),
    required=True,
    help="New .npy, with .ids.txt, or .parquet; a folder for a folder.",
)
@encoding_options
@click.option("--device", type=Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@debug_option
def command(run: Path, out: Path, as_json: bool, **choices: Any) -> None:
    """Turn photographs, texts or features into packed codes by the run folder RUN.

    The run knows its encoders; another one is refused. Codes are uint8, ceil(bits/8) a row, most significant bit
    first.

    --images with --texts, which are captions then, makes one code of a picture and its texts, the signs of the mean of
    their outputs; a picture without a text, or a text without a picture, has its own.

    --dataset is a folder that datasets saved, or Parquet: pictures, texts or features, whichever it has by usual names,
    or those of --column.

    Features are streamed. Those of a folder are encoded file by file, and files that are done are not done again;
    processes started by torchrun share them.

    \b
    ucch encode runs/mine --images photos --out photos.npy
    ucch encode runs/mine --images photos --texts captions.csv --out items.npy
    ucch encode runs/mine --features parts --modality image --out codes
    ucch encode runs/mine --dataset saved --column caption --out texts.parquet
    """
    sources = [name for name in ("images", "texts", "features", "dataset") if choices[name] is not None]
    if sources == ["images", "texts"]:
        sources = ["items"]
    if len(sources) != 1:
        raise click.UsageError("name one of --images, --texts, --features and --dataset, or --images with --texts")
    if choices["modality"] is not None and sources not in (["dataset"], ["features"]):
        raise click.UsageError("--modality goes with --features and --dataset; --images and --texts say what they are")
    if choices["column"] is not None and sources != ["dataset"]:
        raise click.UsageError("--column goes with --dataset")
    name, column = choices.pop("column"), None
    kind = sources[0]
    if kind == "dataset":
        from ucch.extraction import open_column

        column = open_column(choices["dataset"], choices["modality"], name)
        kind = column.kind
        choices["images"] = column.path
    encode = _encode_features if kind == "features" else partial(_encode, kind)
    figures = encode(run, out, column=column, **choices)
    if figures is None:
        return
    count, bits = figures["codes"], figures["bits"]
    n_left_out = len(figures.get("bad", ())) + sum(entry["count"] for entry in figures.get("left_out", {}).values())
    left_out = f"; {n_left_out} left out" if "bad" in figures else ""
    click.echo(json.dumps(figures) if as_json else f"{count} {figures['modality']} codes of {bits} bits{left_out}")
    Console(stderr=True).print(f"codes in {out}", highlight=False, soft_wrap=True)


def _encode(kind: str, run: Path, out: Path, **choices: Any) -> dict[str, Any]:
    """Encode photographs, texts, or both together."""
    from ucch.errors import DataError
    from ucch.extraction import check_new, write_codes
    from ucch.runs import RunFolder

    modality = {"images": "image", "texts": "text", "items": "item"}[kind]
    check_new(out)
    folder = RunFolder.open(run)
    model = _model(folder, choices["bits"])
    console = Console(stderr=True)
    import_from_here()
    more: dict[str, Any] = {}
    if kind == "items":
        items = encoded_items(console, folder.path, **choices)
        codes, ids, bad, left_out = items.codes(model), items.ids, items.bad, items.left_out
        more = {"one_sided": items.one_sided}
    else:
        read = _from_images if kind == "images" else _from_texts
        features, ids, bad, left_out = read(console, folder.path, **choices)
        if len(ids) != len(features):
            raise DataError(f"{len(ids)} ids for {len(features)} rows of features")
        codes = model.encode(modality, features)
    write_codes(out, codes, ids, n_bits=model.n_bits, modality=modality)
    return {
        "out": str(out),
        "modality": modality,
        "codes": len(codes),
        "bits": model.n_bits,
        "bad": bad,
        "left_out": left_out.to_json(),
        **more,
    }


def _model(folder: RunFolder, n_bits: int | None) -> HashModel:
    """The model of a run, or of the first bits of its codes."""
    from ucch.training import shortened

    model = folder.model()
    return model if n_bits is None else shortened(model, n_bits)


def _modality(model: HashModel, asked: str | None) -> str:
    """The view that features are of: the one asked for, or the only one."""
    if asked is None and len(model.names) > 1:
        raise click.UsageError(
            "--modality goes with features, which cannot tell by themselves what they are of; one of"
            f" {', '.join(model.names)}"
        )
    name = asked or model.names[0]
    model.tower(name)  # refuses one that it has not
    return name


def _encode_features(run: Path, out: Path, **choices: Any) -> dict[str, Any] | None:
    """Encode a file of features, or a folder of them shared by the processes of torchrun; process 0 reports."""
    from ucch.errors import DataError
    from ucch.extraction import TableFeatures, encode_folder, encode_rows, files_to_encode, open_features
    from ucch.runs import RunFolder
    from ucch.training import choose_device, on_first, processes

    from .encoding_progress import EncodingProgress

    column, modality, where = choices["column"], choices["modality"], choose_device(choices["device"])
    source = choices["features"] if column is None else column.path
    with processes(where) as world, EncodingProgress(Console(stderr=True, quiet=world.rank > 0)) as shown:
        folder = RunFolder.open(run)
        model = _model(folder, choices["bits"]).to(where)
        modality = _modality(model, modality)
        figures = {"out": str(out), "modality": modality, "bits": model.n_bits}

        def progress(path: Path, done: int, total: int) -> None:
            shown(path.name, done, total)

        if column is not None or not source.is_dir():
            if world.size > 1:
                raise DataError(f"{world.size} processes share a folder of files, got {source}; name it by --features")
            features = open_features(source, modality) if column is None else TableFeatures(column)
            return {"codes": encode_rows(model, features, out, modality, on_progress=progress), **figures}

        def plan() -> str:
            digest = folder.model_digest()
            files = files_to_encode(source, out, model_digest=digest, modality=modality, n_bits=model.n_bits)
            return json.dumps([str(path) for path in files])

        files = [Path(path) for path in json.loads(on_first(world, plan))]
        made = encode_folder(model, files, out, modality, world=world, on_progress=progress)
        total = sum(world.counts(made))
        return {"codes": total, "files": len(files), **figures} if world.rank == 0 else None


def _from_images(console: Console, run: Path, **choices: Any) -> tuple[Any, list[str], list[dict[str, str]], LeftOut]:
    found = photographs_of_run(console, run, **choices)
    return found.features, found.names, found.bad, found.left_out


def _from_texts(console: Console, run: Path, **choices: Any) -> tuple[Any, list[str], list[dict[str, str]], LeftOut]:
    from ucch.data.left_out import LeftOut
    from ucch.data.texts import read_texts

    left_out = LeftOut()
    if choices["column"] is not None:
        texts, ids = choices["column"].texts(left_out)
    else:
        texts, ids = read_texts(choices["texts"], encoding=choices["encoding"], left_out=left_out)
    features = texts_of_run(console, run, texts, **choices)
    show_left_out(console, left_out)
    return features, ids, [], left_out
