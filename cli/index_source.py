"""Where the codes of a new index come from: a file, a run's own data, or photographs that the run encodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .left_out import show_left_out
from .untrained_run import is_run, make_untrained_run

if TYPE_CHECKING:
    from ucch.data.left_out import LeftOut

__all__ = ["encoded_photographs", "read_source"]

Source = tuple[Any, int, Any, dict[str, Any]]


def read_source(
    console: Console,
    source: Path,
    *,
    ids: Path | None,
    bits: int | None,
    modality: str | None,
    images: Path | None,
    code_format: str = "auto",
    new_run: Path | None = None,
    left_out: LeftOut | None = None,
    bad: list[dict[str, str]] | None = None,
    **encoding: Any,
) -> tuple[Any, int, Any, dict[str, Any], Any]:
    """Codes, their bits, their ids or None, where they come from, and the whole codes behind first bits or None.

    Where they come from is ``model`` and ``source`` of the index, and ``calibration`` where the run has one.

    Args:
        console: stderr.
        source: a run folder, a file of codes, or photographs.
        ids: a file of ids.
        bits: of a code in a file; of a run that was trained for it, the first bits to search by.
        modality: what of the run's data.
        images: a folder of photographs to encode instead.
        code_format: how codes lie in a file.
        new_run: where the run folder of photographs goes that no run encodes.
        left_out, bad: where pictures that are left out are counted and named.
        encoding: ``image_encoder`` and the options of :func:`~ucch.cli.extraction_options.encoding_options`.
    """
    from ucch.retrieval.code_files import read_codes, read_ids

    if source.is_dir():
        if code_format != "auto":
            raise click.UsageError("--code-format goes with CODES.npy; leave it out with a run folder")
        if not is_run(source) and new_run is not None:
            if modality or ids or images:
                raise click.UsageError(
                    f"{source} is no run folder: it has no recipe.toml. Photographs without a run take --image-encoder"
                    " and --bits; leave out --modality, --ids and --images"
                )
            features, pictures = make_untrained_run(
                console, source, new_run, bits=bits, left_out=left_out, bad=bad, **encoding
            )
            return *_coded(new_run, features, pictures), None
        if images is not None and (modality or ids):
            raise click.UsageError("--images takes the files' names as ids; leave out --modality and --ids")
        codes, n_bits, names, origin = _from_run(
            console, source, modality or "image", images, bits, left_out=left_out, bad=bad, **encoding
        )
        if bits and bits != n_bits:  # a length of nested codes, whole bytes
            return codes[:, : bits // 8], bits, names if ids is None else read_ids(ids), origin, codes
    else:
        if modality or images:
            raise click.UsageError("--modality and --images go with a run folder; CODES.npy holds codes already")
        codes, n_bits, names = read_codes(source, n_bits=bits, code_format=code_format)
        origin = {}
    return codes, n_bits, names if ids is None else read_ids(ids), origin, None


def _from_run(
    console: Console, source: Path, modality: str, images: Path | None, bits: int | None, **encoding: Any
) -> Source:
    from ucch.data import load_dataset
    from ucch.training import RunFolder, shortened

    folder = RunFolder.open(source)
    model, recipe = folder.model(), folder.recipe()
    if bits:
        shortened(model, bits)  # refuses a length that the run was not trained for, before anything is encoded
    origin: dict[str, Any] = {"model": folder.model_digest(), "source": str(source.resolve())}
    if (calibration := folder.calibration()) is not None:
        origin["calibration"] = calibration
    if images is not None:
        features, names = _photographs(console, source, images, **encoding)
        return model.encode_image(features), model.n_bits, names, origin
    pairs = load_dataset(recipe.data, recipe.data_root).database
    codes = model.encode_text(pairs.text) if modality == "text" else model.encode_image(pairs.image)
    return codes, model.n_bits, None, origin


def _coded(run: Path, features: Any, names: list[str]) -> Source:
    from ucch.training import RunFolder

    folder = RunFolder.open(run)
    model = folder.model()
    origin = {"model": folder.model_digest(), "source": str(run.resolve())}
    return model.encode_image(features), model.n_bits, names, origin


def _photographs(
    console: Console,
    run: Path,
    images: Path,
    *,
    image_encoder: str | None,
    **encoding: Any,
) -> tuple[Any, list[str]]:
    from ucch.extraction import run_encoder
    from ucch.training import choose_device

    from .extraction_options import import_from_here

    import_from_here()
    encoder = run_encoder(run, "image", image_encoder, device=choose_device("auto"))
    return encoded_photographs(console, images, encoder, **encoding)


def encoded_photographs(
    console: Console,
    images: Path,
    encoder: Any,
    *,
    left_out: LeftOut | None = None,
    bad: list[dict[str, str]] | None = None,
    **encoding: Any,
) -> tuple[Any, list[str]]:
    """Features and names of the pictures that can be read; the others are named on the console.

    ``left_out`` counts files that are no pictures that can be read, ``bad`` gets the broken ones; None keeps neither.
    """
    from ucch.data.left_out import LeftOut
    from ucch.extraction import encode_images
    from ucch.images import open_images

    from .encoding_progress import EncodingProgress
    from .extraction_options import cache_folder, worker_count

    found = open_images(images)
    with EncodingProgress(console) as shown:
        encoded = encode_images(
            found.items,
            encoder,
            cache_folder=cache_folder(encoding["cache"]),
            batch_size=encoding["batch_size"],
            workers=worker_count(encoding["workers"]),
            max_bad=1,
            on_progress=lambda done, total: shown("images", done, total),
        )
    for entry in encoded.bad:
        console.print(f"left out: {entry.path}: {entry.reason}", highlight=False, soft_wrap=True)
        if bad is not None:
            bad.append({"path": str(entry.path), "reason": entry.reason})
    missed = LeftOut.of_source(found)
    show_left_out(console, missed)
    if left_out is not None:
        left_out.update(left_out.merged(missed))
    return encoded.features, [name for name, good in zip(found.names, encoded.good, strict=True) if good]
