"""``ucch serve``."""

from __future__ import annotations

import os
import shlex
import socket
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .grouped import GroupedCommand
from .nearest import Choice
from .options import debug_option
from .paths import InputPath
from .untrained_run import is_run

__all__ = ["command"]

_GROUPS = {
    "What to serve": ("index", "images", "texts", "encoding", "image_encoder", "text_encoder"),
    "To whom": ("host", "port", "max_megabytes", "rate", "connections", "patience"),
    "Where it runs": ("device",),
}

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@click.command("serve", cls=GroupedCommand, groups=_GROUPS)
@click.argument("run", metavar="[RUN|INDEX]", type=InputPath(), required=False)
@click.option("--index", metavar="FILE", type=InputPath(dir_okay=False), help="Made by ucch index; needed with RUN.")
@click.option("--images", metavar="DIR", type=InputPath(), help="Folder of the items' pictures.")
@click.option("--texts", metavar="FILE", type=InputPath(), help="The items' texts or captions.")
@click.option("--encoding", metavar="NAME", help="Encoding of --texts.  [default: UTF-8, or as its mark says]")
@click.option(
    "--image-encoder", metavar="NAME[:ARG]", help="Where the run's image encoder is now; or of --images alone."
)
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the run's text encoder is now.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 for any free one.")
@click.option("--max-megabytes", type=click.FloatRange(0.001), default=10, show_default=True, help="Of a request.")
@click.option("--rate", type=click.FloatRange(0), default=100, show_default=True, help="Requests a second of a client.")
@click.option("--connections", type=click.IntRange(1), default=512, show_default=True, help="Open at once.")
@click.option(
    "--patience", type=click.FloatRange(0.1), default=30, show_default=True, help="Seconds a slow client is waited for."
)
@click.option("--device", type=Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@debug_option
def command(
    run: Path | None,
    host: str,
    port: int,
    max_megabytes: float,
    rate: float,
    connections: int,
    patience: float,
    **choices: Any,
) -> None:
    """Serve an index: a JSON API and a page on which one types words or drops a picture and sees the nearest items.

    INDEX is served with the run it was made by. With --images alone they are indexed first, without a run, by
    --image-encoder (efficientnet-lite0 by default); the index is kept in the cache folder while nothing changes.

    It listens on this machine alone unless --host says otherwise. --rate 0 lifts the limit. /openapi.json describes the
    API.

    \b
    ucch serve --images photos
    ucch serve photos.index
    ucch serve runs/photos --index photos.index --images photos
    """
    from ucch.errors import UcchError
    from ucch.extras import require

    uvicorn = require("uvicorn", extra="serve", need="ucch serve")
    require("fastapi", extra="serve", need="ucch serve")
    from ucch.serving.app import create_app
    from ucch.serving.connections import bounded

    console = Console(stderr=True)
    service = _service(run, **choices)
    hosts = LOOPBACK if host in LOOPBACK else None
    app = create_app(service, max_bytes=int(max_megabytes * 2**20), rate=rate, hosts=hosts, patience=patience)
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UcchError(
            f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}; name another with --port"
        ) from error
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listening.getsockname()[1]}/"
    console.print(f"{len(service.index)} items at {url}", highlight=False, soft_wrap=True)
    protocol = bounded(connections=connections, patience=patience)
    config = uvicorn.Config(app, http=protocol, ws="none", log_level="error", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    server.run(sockets=[listening])


def _service(
    run: Path | None,
    *,
    index: Path | None,
    images: Path | None,
    texts: Path | None,
    encoding: str | None,
    image_encoder: str | None,
    text_encoder: str | None,
    device: str,
) -> Any:
    from ucch.serving import QueryEncoder, SearchService
    from ucch.training import choose_device

    from .extraction_options import import_from_here
    from .item_texts import item_texts

    import_from_here()
    run, index, images = _what(run, index, images, image_encoder)
    encoder = QueryEncoder(run, image_encoder=image_encoder, text_encoder=text_encoder, device=choose_device(device))
    by_id = item_texts(texts, encoding)
    service = SearchService(encoder, encoder.open_index(index), images=images, texts=by_id)
    for modality in ("image", "text"):
        if encoder.knows(modality):
            encoder.warm_up(modality)
    return service


def _what(
    run: Path | None, index: Path | None, images: Path | None, image_encoder: str | None
) -> tuple[Path, Path, Path | None]:
    """The run folder, the index and the pictures that are meant."""
    from ucch.retrieval import BinaryIndex
    from ucch.runs import RunFolder

    from .cached_index import index_of_photographs

    if run is None and index is None:
        if images is None:
            raise click.UsageError("name an index, or photographs by --images")
        run = index_of_photographs(images, image_encoder)
    if run is not None and run.is_dir():
        if index is None and not is_run(run):
            raise click.UsageError(
                f"{run} is no run folder: it has no recipe.toml. To search the photographs in it: ucch serve --images"
                f" {shlex.quote(str(run))}"
            )
        if index is None:
            raise click.UsageError(f"{run} is a folder: name its index by --index, or give the index alone")
        return run, index, images
    if run is not None and index is not None:
        raise click.UsageError(f"{run} is no run folder; give the index alone, or RUN and --index")
    index = run or index
    assert index is not None
    source = BinaryIndex.load(index).source
    if not source or not Path(source).is_dir():
        where = f"its run {source} is not there any more" if source else "it does not know its run"
        raise click.UsageError(f"{index} cannot be served alone, {where}; give RUN --index {index}")
    pictures = Path(RunFolder.open(source).recipe().source.images or ".")
    return Path(source), index, images or (pictures if pictures != Path(".") and pictures.is_dir() else None)
