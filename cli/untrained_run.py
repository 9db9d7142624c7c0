"""``ucch index PHOTOS``: a run that was never trained, so that pictures can be searched at once."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console

from .encoded_photographs import EncodedPhotographs, encoded_photographs

__all__ = ["is_run", "make_untrained_run"]

BITS = 256  # closed-form codes keep more with every bit, and 32 bytes are few


def is_run(path: Path) -> bool:
    """Whether a folder is a run folder."""
    return (path / "recipe.toml").is_file()


def make_untrained_run(
    console: Console, photographs: Path, path: Path, *, image_encoder: str | None, bits: int | None, **encoding: Any
) -> EncodedPhotographs:
    """Encode photographs and make the run folder ``path`` of codes in closed form.

    Args:
        console: stderr.
        photographs: what :func:`~ucch.images.open_images` opens.
        path: the new run folder.
        image_encoder: its name; where the same name is a text encoder too, words search as well.
        bits: of a code; 256 by default.
        encoding: the options of :func:`~ucch.cli.extraction_options.encoding_options`.

    A run that was made so of the same photographs is taken as it is: the command was stopped before it had an index.

    Returns:
        The photographs that can be read.

    Raises:
        DataError: fewer than two pictures can be read.
        RunError: ``path`` holds something else.
    """
    from ucch.encoders import EncoderCard
    from ucch.encoders import image_encoder as build
    from ucch.errors import DataError
    from ucch.extraction import write_run_encoders
    from ucch.recipe import load_recipe
    from ucch.runs import RunFolder
    from ucch.training import choose_device
    from ucch.training.untrained import SAMPLE_TEXTS, untrained_model

    from .extraction_options import import_from_here

    if image_encoder is None:
        raise click.UsageError(
            f"{photographs} is no run folder: it has no recipe.toml. To index photographs without a run, name an"
            " encoder: --image-encoder efficientnet-lite0 needs no download"
        )
    if not is_run(path):
        RunFolder.check_new(path)
    import_from_here()
    device = choose_device("auto")
    encoder = build(image_encoder, device=device)
    if is_run(path) and not _made_before(path, photographs, encoder, bits or BITS):
        RunFolder.check_new(path)
    encoded = encoded_photographs(console, photographs, lambda: encoder, **encoding)
    if len(encoded.names) < 2:
        n = len(encoded.names)
        raise DataError(f"images {photographs} hold {n} picture that can be read; codes need two at least")
    if is_run(path):
        return encoded
    words = _reader_of_words(console, image_encoder, device)
    texts = None if words is None else np.asarray(words.encode(list(SAMPLE_TEXTS)))
    model = untrained_model(np.asarray(encoded.features), bits or BITS, texts=texts)
    recipe = load_recipe("default", [f"bits={bits or BITS}", "baseline=itq"])
    source = recipe.source.model_copy(
        update={"images": str(photographs.resolve()), "image_encoder": image_encoder, "text_encoder": ""}
    )
    recipe = recipe.model_copy(update={"data": "", "source": source})
    model.recipe = recipe.to_toml()
    run = RunFolder.create(path, recipe)
    write_run_encoders(
        run.path,
        {
            "image": EncoderCard.of(encoder, image_encoder),
            **({} if words is None else {"text": EncoderCard.of(words, image_encoder)}),
        },
    )
    model.save(run.model_file)
    _say_what_next(console, photographs, image_encoder, words=words, bits=bits or BITS, n_pictures=len(encoded.names))
    return encoded


def _reader_of_words(console: Console, image_encoder: str, device: Any) -> Any:
    """The text encoder of the same name, whose space is that of the pictures; None where there is none."""
    from ucch.encoders import IMAGE_ENCODERS, TEXT_ENCODERS, text_encoder
    from ucch.errors import MissingPackageError

    name = image_encoder.partition(":")[0].lower()
    if name not in IMAGE_ENCODERS or name not in TEXT_ENCODERS:
        return None
    try:
        return text_encoder(image_encoder, device=device)
    except MissingPackageError as error:  # pictures find pictures without it
        console.print(f"words will find nothing: {error}", highlight=False, soft_wrap=True)
        return None


def _made_before(path: Path, photographs: Path, encoder: Any, bits: int) -> bool:
    """Whether a run is what :func:`make_untrained_run` would make."""
    from ucch.extraction import read_run_encoders
    from ucch.runs import RunFolder

    run = RunFolder(path)
    recipe, cards = run.recipe(), read_run_encoders(path)
    return (
        run.model_file.exists()
        and (recipe.source.images, recipe.bits, recipe.baseline) == (str(photographs.resolve()), bits, "itq")
        and "image" in cards
        and cards["image"].digest == str(encoder.digest)
    )


def _say_what_next(
    console: Console, photographs: Path, image_encoder: str, *, words: Any, bits: int, n_pictures: int
) -> None:
    """What the codes do not do yet, and the command that makes those which do."""
    from ucch.encoders import ClassWordsEncoder

    if bits >= n_pictures:
        console.print(
            f"{n_pictures} pictures span {n_pictures - 1} directions at most: bits beyond those add little to {bits}",
            highlight=False,
            soft_wrap=True,
        )
    folder, encoder = (shlex.quote(str(part)) for part in (photographs, image_encoder))
    by_classes = isinstance(words, ClassWordsEncoder)
    texts = "minilm" if words is None or by_classes else encoder
    train = f"ucch train --images {folder} --image-encoder {encoder} --text-encoder {texts}"
    if (found := _captions_of(photographs)) is not None:
        count, named = found
        kept = "words too" if words is None else "more of words"
        said = f"captions of {count} pictures stand beside them: trained codes would keep {kept}: {train}{named}"
    elif words is None:
        said = f"{image_encoder} reads no words: pictures find pictures. With captions, words do too: {train}"
        said += " --captions FILE"
    elif by_classes:
        said = "words find pictures as far as the names of ImageNet's 1,000 classes reach. With captions, they find far"
        said += f" more: {train} --captions FILE"
    else:
        return
    console.print(said, highlight=False, soft_wrap=True)


def _captions_of(photographs: Path) -> tuple[int, str] | None:
    """How many pictures have captions, in a text beside each or a file in or beside the folder, and the option."""
    from ucch.data.captions import read_captions
    from ucch.errors import UcchError

    tables = [place / "captions.csv" for place in (photographs, photographs.resolve().parent)]
    for path in (photographs, *(table for table in tables if table.is_file())):
        with suppress(UcchError, OSError):
            captions = read_captions(path, photographs)
            return len(captions.images), "" if path == photographs else f" --captions {shlex.quote(str(path))}"
    return None
