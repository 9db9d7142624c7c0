"""Photographs and texts that a run encodes, and items that are both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from .encoded_photographs import EncodedPhotographs, encoded_photographs
from .extraction_options import ENCODING, cache_folder
from .left_out import show_left_out

if TYPE_CHECKING:
    from ucch.codes import PackedCodes
    from ucch.data.left_out import LeftOut
    from ucch.models import HashModel

__all__ = ["EncodedItems", "encoded_items", "photographs_of_run", "texts_of_run"]


@dataclass(frozen=True, eq=False)
class EncodedItems:
    """Features of pictures and of their texts.

    Attributes:
        image: (n, dx), zeros for an item without a picture.
        text: (m, dy).
        item_of_text: (m,) the item of each text.
        n_pictures: items that have a picture; they come first.
        ids: (n,) names of the pictures, then of the texts' pictures that are not there.
        bad: path and reason of each broken picture.
        left_out: captions without text, files that are no pictures.
    """

    image: Any
    text: Any
    item_of_text: Any
    n_pictures: int
    ids: list[str]
    bad: list[dict[str, str]]
    left_out: LeftOut

    def codes(self, model: HashModel) -> PackedCodes:
        """One code of each item."""
        import numpy as np

        seen = np.arange(len(self.ids)) < self.n_pictures
        return model.encode_item(self.image, self.text, image_of_text=self.item_of_text, image_seen=seen)

    @property
    def one_sided(self) -> dict[str, int]:
        """How many items have one side only."""
        described = sum(item < self.n_pictures for item in set(self.item_of_text.tolist()))
        return {
            "images_without_text": self.n_pictures - described,
            "texts_without_image": len(self.ids) - self.n_pictures,
        }


def encoded_items(console: Console, run: Path, **choices: Any) -> EncodedItems:
    """Encode pictures and captions by a run, and find out which belong together.

    Args:
        console: stderr.
        run: the run folder.
        choices: the options of ``ucch encode``.

    Raises:
        DataError: the captions are in no layout, or a name fits two pictures equally well.
    """
    import numpy as np

    from ucch.data.captions import read_captions
    from ucch.data.image_names import NameTable

    captions = read_captions(choices["texts"], choices["images"], encoding=choices["encoding"])
    show_left_out(console, captions.left_out)
    pictures = photographs_of_run(console, run, **choices)
    ids, places = list(pictures.names), []
    found = NameTable(pictures.names).find_all(captions.images, "captions")
    for name, place in zip(captions.images, found, strict=True):
        places.append(len(ids) if place is None else place)
        if place is None:
            ids.append(name)
    image = np.zeros((len(ids), pictures.features.shape[1]), np.float32)
    image[: len(pictures.names)] = pictures.features
    return EncodedItems(
        image,
        texts_of_run(console, run, captions.texts, **choices),
        np.array(places, dtype=np.int64)[captions.image_of_text],
        len(pictures.names),
        ids,
        pictures.bad,
        captions.left_out.merged(pictures.left_out),
    )


def photographs_of_run(console: Console, run: Path, **choices: Any) -> EncodedPhotographs:
    """Encode photographs by the encoder of a run."""
    from ucch.extraction import run_encoder
    from ucch.training import choose_device

    device = choose_device(choices["device"])
    encoding = {name: choices[name] for name in (*ENCODING, "max_bad")}
    return encoded_photographs(
        console,
        choices["images"],
        lambda: run_encoder(run, "image", choices["image_encoder"], device=device),
        **encoding,
    )


def texts_of_run(console: Console, run: Path, texts: Sequence[str], /, **choices: Any) -> Any:
    """Encode texts by the encoder of a run: (m, dy)."""
    from ucch.extraction import encode_texts, run_encoder
    from ucch.training import choose_device

    from .encoding_progress import EncodingProgress

    encoder = run_encoder(run, "text", choices["text_encoder"], device=choose_device(choices["device"]))
    with EncodingProgress(console) as shown:
        return encode_texts(
            texts,
            encoder,
            cache_folder=cache_folder(choices["cache"]),
            batch_size=choices["batch_size"],
            on_progress=lambda done, total: shown("texts", done, total),
        )
