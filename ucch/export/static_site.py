"""A search page with everything it needs in one folder, for any static server."""

from __future__ import annotations

import json
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..encoders import TextEncoder
from ..errors import DataError, RunError
from ..extraction import run_encoder
from ..files import write_atomically
from ..runs import RunFolder
from ..serving import SearchService
from .export_run import new_folder
from .onnx_file import OPSET
from .site_text import text_settings, write_text_model
from .web_runtime import runtime_files

__all__ = ["write_site"]

# nothing but the folder itself is asked; onnxruntime-web compiles its WebAssembly
_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; base-uri 'none'"


def write_site(
    run: str | Path,
    service: SearchService,
    out: str | Path,
    *,
    runtime: str | Path | None = None,
    text_encoder: str | None = None,
) -> dict[str, Any]:
    """Write the page of ``ucch serve`` with the answers beside it: no program of ours runs when it is used.

    ``codes.bin`` holds the packed codes in the order of the ids, ``items.json`` ids and texts, ``pictures/``
    thumbnails, ``model/`` the text encoder, tower and packing as ONNX and the tokenizer's settings, ``runtime/``
    onnxruntime-web. Words are encoded and codes compared in the browser; distances and their order are those of a flat
    index, whatever the kind of this one.

    Args:
        run: the run that encodes words.
        service: of the index, the texts and the pictures; made by :class:`~ucch.serving.SearchService`.
        out: a new or empty folder.
        runtime: an unpacked npm package ``onnxruntime-web``; fetched by npm by default.
        text_encoder: where the run's text encoder is now.

    Returns:
        ``items``, ``bits``, ``pictures``, ``text`` (whether it takes words) and ``bytes`` of the folder.

    Raises:
        DataError: ``out`` holds something, or onnxruntime-web cannot be had.
        EncoderError: the run's text encoder cannot be had, or has no tokenizer for a page.
        RunError: the text tower has no graph.
        MissingPackageError: onnx or onnxscript is not installed.

    Note:
        A run that does not know its text encoder gives a page whose items lead to items like them. What the served page
        says of likely and weak matches, and search by a picture, are not in it.

    Example:
        ``write_site("runs/mine", service, "site")``, then ``python -m http.server --directory site``.
    """
    folder, out = RunFolder.open(run), Path(out)
    encoder: TextEncoder | None = None
    if service.encoder.knows("text"):
        encoder = run_encoder(folder.path, "text", text_encoder)
        text_settings(encoder)  # refused before anything is written
    files = {} if encoder is None else runtime_files(runtime)
    new_folder(out)
    if encoder is not None:
        facts = {"ucch": version("ucch"), "model": folder.model_digest(), "bits": service.index.n_bits, "opset": OPSET}
        write_text_model(encoder, folder.model(), out / "model", facts)
    for name, content in files.items():
        _write(out / "runtime" / name, content)
    n_pictures = _write_items(service, out)
    about = service.health().model_dump() | {"kind": "flat", "text": encoder is not None, "image": False}
    about["words"] = about["words"] if encoder is not None else []
    write_atomically(out / "about.json", json.dumps(about, ensure_ascii=False))
    _write_page(out)
    return {
        "items": len(service.index),
        "bits": service.index.n_bits,
        "pictures": n_pictures,
        "text": encoder is not None,
        "bytes": sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
    }


def _write_items(service: SearchService, out: Path) -> int:
    """Write codes, ids, texts and thumbnails in the order of the ids; gives how many have a picture."""
    ids = np.sort(service.index.ids)
    _write(out / "codes.bin", service.index.codes_of(ids).tobytes())
    names = [str(one) for one in ids.tolist()]
    there = []
    for row, name in enumerate(names):
        try:
            picture = None if service.pictures is None else service.pictures.jpeg(name, "thumbnail")
        except DataError:  # a missing or broken file: the item has no picture
            picture = None
        if picture is not None:
            _write(out / "pictures" / f"{row}.jpg", picture)
        there.append(picture is not None)
    texts = [service.texts.get(name, []) for name in names]
    write_atomically(
        out / "items.json", json.dumps({"ids": names, "texts": texts, "pictures": there}, ensure_ascii=False)
    )
    return sum(there)


def _write_page(out: Path) -> None:
    """The page of ``ucch serve``, but for the script that asks the server: ours answers."""
    for package in ("ucch.serving", "ucch.export"):
        for file in (resources.files(package) / "page").iterdir():
            _write(out / file.name, file.read_bytes())
    page = (out / "index.html").read_text(encoding="utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    page = page.replace('<meta name="viewport"', f'{policy}<meta name="viewport"', 1)
    page = page.replace("</body>", '<script src="opened_as_file.js"></script>\n</body>', 1)
    page = page.replace("This page needs JavaScript; the JSON API at /search does not.", "This page needs JavaScript.")
    write_atomically(out / "index.html", page)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from error
