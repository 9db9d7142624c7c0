"""Where the codes of a new index come from: a file, a run's own data, or photographs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .encoded_photographs import EncodedPhotographs, encoded_photographs
from .left_out import show_left_out
from .untrained_run import is_run, make_untrained_run

__all__ = ["IndexSource", "read_source"]


@dataclass(frozen=True, eq=False)
class IndexSource:
    """Codes to index.

    Attributes:
        codes: packed.
        n_bits: of a code.
        ids: of the rows, or None.
        origin: ``model`` and ``source`` of the index, where a run made the codes.
        calibration: of the run, where it has one.
        whole: the whole codes behind first bits, or None.
        photographs: that were encoded, or None.
        modality: what the codes are of, where a run made them; empty elsewhere.
    """

    codes: Any
    n_bits: int
    ids: Any = None
    origin: dict[str, str] = field(default_factory=dict)
    calibration: Any = None
    whole: Any = None
    photographs: EncodedPhotographs | None = None
    modality: str = ""


def read_source(
    console: Console,
    source: Path,
    *,
    ids: Path | None,
    bits: int | None,
    modality: str | None,
    images: Path | None,
    code_format: str = "auto",
    new_run: Path,
    **encoding: Any,
) -> IndexSource:
    """Read, or encode, what is indexed.

    Args:
        console: stderr.
        source: a run folder, a file of codes, or photographs.
        ids: a file of ids.
        bits: of a code in a file or of photographs; of a run that was trained for it, the first bits to search by.
        modality: what of the run's data.
        images: a folder of photographs to encode instead.
        code_format: how codes lie in a file.
        new_run: where the run folder of photographs goes that no run encodes.
        encoding: ``image_encoder`` and the options of :func:`~ucch.cli.extraction_options.encoding_options`.
    """
    from ucch.retrieval.code_files import read_codes, read_ids

    if not source.is_dir():
        if modality or images:
            raise click.UsageError("--modality and --images go with a run folder; CODES.npy holds codes already")
        codes, n_bits, names = read_codes(source, n_bits=bits, code_format=code_format)
        return IndexSource(codes, n_bits, names if ids is None else read_ids(ids))
    if code_format != "auto":
        raise click.UsageError("--code-format goes with CODES.npy; leave it out with a run folder")
    if not is_run(source):
        if modality or ids or images:
            raise click.UsageError(
                f"{source} is no run folder: it has no recipe.toml. Photographs without a run take --image-encoder"
                " and --bits; leave out --modality, --ids and --images"
            )
        photographs = make_untrained_run(console, source, new_run, bits=bits, **encoding)
        return _from_run(console, new_run, "image", None, None, photographs)
    if images is not None and (modality or ids):
        raise click.UsageError("--images takes the files' names as ids; leave out --modality and --ids")
    named = None if ids is None else read_ids(ids)
    return _from_run(console, source, modality, images, bits, None, ids=named, **encoding)


def _from_run(
    console: Console,
    source: Path,
    modality: str | None,
    images: Path | None,
    bits: int | None,
    photographs: EncodedPhotographs | None,
    *,
    ids: Any = None,
    **encoding: Any,
) -> IndexSource:
    """Codes by a run of its own data, of photographs that are still to be encoded, or of some that are."""
    import numpy as np

    from ucch.data.left_out import LeftOut
    from ucch.evaluation.encoded_dataset import modality_codes
    from ucch.runs import RunFolder
    from ucch.training import shortened
    from ucch.training.growing import kept_codes, run_dataset

    folder = RunFolder.open(source)
    model = folder.model()
    if bits:
        shortened(model, bits)  # refuses a length that the run was not trained for, before anything is encoded
    if modality not in (None, "item"):
        model.tower(modality)  # refuses one that it has not
    if images is not None:
        photographs = _photographs(console, source, images, **encoding)
    if photographs is not None:
        codes, ids = model.encode_image(photographs.features), photographs.names
    else:
        recipe = folder.recipe()
        dataset, view = run_dataset(recipe), modality or model.names[0]
        items, kept = dataset.database, kept_codes(folder, dataset)
        if kept and view == "item":
            raise click.UsageError(
                f"{source} keeps codes of images and of texts, not of both together; name --modality image or text"
            )
        codes, seen = modality_codes(model, items, view)
        if kept:
            codes[: len(kept[view])] = kept[view]
        if seen is not None:  # ids are those of the rows, of which some lack this side
            left_out = LeftOut()
            for row in np.flatnonzero(~seen).tolist():
                left_out.add(f"items without {view}", f"row {row}")
            show_left_out(console, left_out)
            named = range(len(seen)) if ids is None else ids
            ids = [name for name, there in zip(named, seen.tolist(), strict=False) if there]
    origin = {"model": folder.model_digest(), "source": str(source.resolve())}
    found = {"ids": ids, "origin": origin, "calibration": folder.calibration(), "photographs": photographs}
    found["modality"] = "image" if photographs is not None else modality or model.names[0]
    if bits and bits != model.n_bits:  # a length of nested codes, whole bytes
        return IndexSource(codes[:, : bits // 8], bits, whole=codes, **found)
    return IndexSource(codes, model.n_bits, **found)


def _photographs(
    console: Console, run: Path, images: Path, *, image_encoder: str | None, **encoding: Any
) -> EncodedPhotographs:
    from ucch.extraction import run_encoder
    from ucch.training import choose_device

    from .extraction_options import import_from_here

    import_from_here()
    device = choose_device("auto")
    return encoded_photographs(
        console, images, lambda: run_encoder(run, "image", image_encoder, device=device), **encoding
    )
