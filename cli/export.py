"""``ucch export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .grouped import GroupedCommand
from .nearest import Choice
from .options import debug_option
from .paths import InputPath, OutputPath

__all__ = ["command"]

_GROUPS = {
    "Graphs": ("form", "out", "modality", "fuse"),
    "A search page": ("site", "index", "images", "texts", "encoding", "runtime"),
    "By what": ("image_encoder", "text_encoder"),
    "What is printed": ("as_json",),
}


@click.command("export", cls=GroupedCommand, groups=_GROUPS)
@click.argument("run", type=InputPath(file_okay=False))
@click.option("--format", "form", type=Choice(["onnx"]), help="Of the graphs.  [default: onnx]")
@click.option("--out", metavar="DIR", type=OutputPath(file_okay=False), help="New folder for the graphs.")
@click.option("--modality", type=Choice(["image", "text"]), help="This one alone.  [default: both]")
@click.option("--fuse", is_flag=True, help="Also graphs that begin with the run's encoders.")
@click.option("--site", metavar="DIR", type=OutputPath(file_okay=False), help="New folder for a page.")
@click.option("--index", metavar="FILE", type=InputPath(dir_okay=False), help="What the page searches; by ucch index.")
@click.option("--images", metavar="DIR", type=InputPath(), help="Folder of the items' pictures.")
@click.option("--texts", metavar="FILE", type=InputPath(), help="The items' texts or captions.")
@click.option("--encoding", metavar="NAME", help="Encoding of --texts.  [default: UTF-8, or as its mark says]")
@click.option(
    "--runtime", metavar="DIR", type=InputPath(file_okay=False), help="Unpacked onnxruntime-web.  [default: by npm]"
)
@click.option("--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@debug_option
def command(run: Path, out: Path | None, site: Path | None, as_json: bool, **choices: Any) -> None:
    """Write the codes of the run folder RUN as ONNX graphs, or an index as a search page without a server.

    A graph takes features and gives packed codes, uint8, most significant bit first; with --fuse there are also graphs
    from tokens and pixels. export.json says what goes in and comes out. Neither torch nor ucch is needed to run them.

    A page is a folder with codes, thumbnails, texts, the text encoder as ONNX and onnxruntime-web, which any static
    server serves; words are encoded and codes compared in the browser.

    \b
    ucch export runs/mine --format onnx --out mine-onnx
    ucch export runs/mine --site page --index photos.index --images photos
    """
    from .extraction_options import import_from_here

    given = {name for name, value in choices.items() if value not in (None, False)}
    if (out is None) == (site is None):
        raise click.UsageError("name a new folder: --out for graphs, or --site for a page")
    if stray := sorted(given & set(_GROUPS["Graphs" if out is None else "A search page"])):
        name = {"form": "format"}.get(stray[0], stray[0])
        raise click.UsageError(f"--{name} goes with --{'out' if out is None else 'site'}")
    if site is not None and choices["index"] is None:
        raise click.UsageError("a page searches an index: name it with --index")
    import_from_here()
    if out is not None:
        _graphs(run, out, as_json, **choices)
    elif site is not None:
        _page(run, site, as_json, **choices)


def _graphs(run: Path, out: Path, as_json: bool, **choices: Any) -> None:
    from ucch.export import export_onnx

    console, modality = Console(stderr=True), choices["modality"]
    content = export_onnx(
        run,
        out,
        modalities=None if modality is None else [modality],
        on_file=lambda name: console.print(f"writing {name}", highlight=False),
        **{name: choices[name] for name in ("fuse", "image_encoder", "text_encoder")},
    )
    if as_json:
        click.echo(json.dumps({"out": str(out), **content}))
        return
    for graph in content["graphs"].values():
        sides = (", ".join(f"{name} {shape}" for name, shape in graph[side].items()) for side in ("inputs", "outputs"))
        click.echo(f"{out / graph['file']}: {' -> '.join(sides)}".replace("'", ""))


def _page(run: Path, site: Path, as_json: bool, **choices: Any) -> None:
    from ucch.export import write_site
    from ucch.serving import QueryEncoder, SearchService

    from .item_texts import item_texts

    encoder = QueryEncoder(run, **{name: choices[name] for name in ("image_encoder", "text_encoder")})
    texts = item_texts(choices["texts"], choices["encoding"])
    service = SearchService(encoder, encoder.open_index(choices["index"]), images=choices["images"], texts=texts)
    made = write_site(run, service, site, runtime=choices["runtime"], text_encoder=choices["text_encoder"])
    if as_json:
        click.echo(json.dumps({"site": str(site), **made}))
    else:
        click.echo(f"{made['items']} items, {made['pictures']} pictures, {made['bytes'] / 1e6:.1f} MB in {site}")
    Console(stderr=True).print(f"python -m http.server --directory {site}", highlight=False, soft_wrap=True)
