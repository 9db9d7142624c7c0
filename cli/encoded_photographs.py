"""Photographs that a command encodes: their features, and what was left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from .left_out import show_left_out

if TYPE_CHECKING:
    from ucch.data.left_out import LeftOut

__all__ = ["EncodedPhotographs", "encoded_photographs"]


@dataclass(frozen=True, eq=False)
class EncodedPhotographs:
    """What came of a place of pictures.

    Attributes:
        features: (n, d) of the pictures that can be read.
        names: (n,) of these.
        bad: path and reason of each broken one.
        left_out: files that are no pictures, or none that can be read.
    """

    features: Any
    names: list[str]
    bad: list[dict[str, str]]
    left_out: LeftOut

    def left_out_json(self) -> dict[str, Any]:
        """What ``--json`` says of what was left out."""
        return {"bad": self.bad, "left_out": self.left_out.to_json()}


def encoded_photographs(
    console: Console, images: Path, encoder: Callable[[], Any], *, max_bad: float = 1, **encoding: Any
) -> EncodedPhotographs:
    """Encode photographs; those that cannot be read are named on the console.

    Args:
        console: stderr.
        images: what :func:`~ucch.images.open_images` opens.
        encoder: makes the encoder, once there are pictures to encode.
        max_bad: share of the pictures that may be broken.
        encoding: the options of :func:`~ucch.cli.extraction_options.encoding_options`.
    """
    from ucch.data.left_out import LeftOut
    from ucch.extraction import encode_images
    from ucch.images import open_images

    from .encoding_progress import EncodingProgress
    from .extraction_options import cache_folder, worker_count

    found, made = open_images(images), encoder()
    with EncodingProgress(console) as shown:
        encoded = encode_images(
            found.items,
            made,
            cache_folder=cache_folder(encoding["cache"]),
            batch_size=encoding["batch_size"],
            workers=worker_count(encoding["workers"]),
            max_bad=max_bad,
            on_progress=lambda done, total: shown("images", done, total),
        )
    for entry in encoded.bad:
        console.print(f"left out: {entry.path}: {entry.reason}", highlight=False, soft_wrap=True)
    left_out = LeftOut.of_source(found)
    show_left_out(console, left_out)
    names = [name for name, good in zip(found.names, encoded.good, strict=True) if good]
    bad = [{"path": str(entry.path), "reason": entry.reason} for entry in encoded.bad]
    return EncodedPhotographs(encoded.features, names, bad, left_out)
