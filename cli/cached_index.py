"""The index that ``ucch serve --images`` makes for itself and keeps while nothing changes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import click

__all__ = ["index_of_photographs"]

LAYOUT = 2  # raised when indexes hold more than before, so that those of other versions are made anew


def index_of_photographs(photographs: Path, image_encoder: str | None) -> Path:
    """The index of photographs without a run, in the cache folder.

    It is made where there is none, or where pictures or the encoder's weights have changed; older ones of the same
    photographs and encoder are removed then.

    Args:
        photographs: what :func:`~ucch.images.open_images` opens.
        image_encoder: its name; efficientnet-lite0 by default.
    """
    from ucch.encoders import image_encoder as build
    from ucch.extraction import default_cache_folder

    from .index import command as index

    encoder, place = image_encoder or "efficientnet-lite0", photographs.resolve()
    folder = default_cache_folder() / "indexes"
    folder.mkdir(parents=True, exist_ok=True)
    named = hashlib.sha256(f"{place}\n{encoder}".encode("utf-8", "surrogateescape")).hexdigest()
    kind = f"{place.name}-{named[:12]}"
    stamp = hashlib.sha256(f"{LAYOUT}\n{build(encoder).digest}\n".encode())
    files = [photographs] if photographs.is_file() else sorted(p for p in photographs.rglob("*") if p.is_file())
    for file in files:
        found = file.stat()
        stamp.update(f"{file}\n{found.st_size} {found.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    path = folder / f"{kind}-{stamp.hexdigest()[:12]}.index"
    if not path.exists():
        click.get_current_context().invoke(index, source=photographs, out=path, image_encoder=encoder)
        _remove_others(folder, kind, path)
    return path


def _remove_others(folder: Path, kind: str, kept: Path) -> None:
    """Remove older indexes of a kind, and their runs."""
    for old in folder.iterdir():
        if old.name.startswith(f"{kind}-") and old.stem != kept.stem:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
