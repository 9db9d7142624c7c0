"""A run on pictures of one colour and short words, with encoders small enough to read."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.training.kit import small_recipe
from ucch.data import Pairs
from ucch.encoders import EncoderCard, Features
from ucch.extraction import write_run_encoders
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.serving import QueryEncoder, SearchService
from ucch.training import train_run

IMAGE, TEXT = "tests.serving.kit:ColourEncoder", "tests.serving.kit:VowelEncoder"
NAMES = ["blue.png", "green.png", "grey sky & sea.png", "red.png", "sub/ö.png", "white.png"]
TEXTS = {"red.png": ["a red one", "a boat"], "sub/ö.png": "a boat", "green.png": "the sea", "white.png": "snow"}
COLOURS = ["blue", "green", "grey", "red", "orange", "white"]


def mean_colour(picture: Image.Image) -> Any:
    """Mean of red, green and blue in [0, 1]."""
    return np.asarray(picture, np.float32).mean((0, 1)) / 255


class ColourEncoder:
    """Features of a picture: its mean colour."""

    name, dimension, digest = "colour", 3, "c0"
    prepare = staticmethod(mean_colour)

    def encode(self, batch: Sequence[Any]) -> Features:
        return np.stack(batch).astype(np.float32)


class VowelEncoder:
    """Features of a text: how often each vowel stands in it."""

    name, dimension, digest = "vowel", 5, "70"

    def encode(self, batch: Sequence[str]) -> Features:
        return np.array([[text.count(vowel) for vowel in "aeiou"] for text in batch], np.float32)


def make_run(path: Path, seed: int = 0) -> RunFolder:
    rng = np.random.default_rng(0)
    run = RunFolder.create(path, small_recipe("epochs=2", f"seed={seed}"))
    train_run(run, Pairs(rng.random((80, 3)).astype(np.float32), rng.integers(0, 5, (80, 5)).astype(np.float32)))
    cards = {"image": EncoderCard.of(ColourEncoder(), IMAGE), "text": EncoderCard.of(VowelEncoder(), TEXT)}
    write_run_encoders(run.path, cards)
    return run


def make_pictures(folder: Path) -> Path:
    (folder / "sub").mkdir(parents=True)
    for name, colour in zip(NAMES, COLOURS, strict=True):
        Image.new("RGB", (400, 200), colour).save(folder / name)
    (folder.parent / "secret.png").write_bytes((folder / "red.png").read_bytes())
    return folder


def make_encoder(run: RunFolder) -> QueryEncoder:
    return QueryEncoder(run.path, image_encoder=IMAGE, text_encoder=TEXT)


def make_index(run: RunFolder, folder: Path) -> Path:
    encoder, path = make_encoder(run), run.path.parent / "photos.index"
    codes = np.concatenate([encoder.image((folder / name).read_bytes()) for name in NAMES])
    BinaryIndex.build(codes, encoder.n_bits, ids=NAMES, model=encoder.digest, source=str(run.path)).save(path)
    return path


def make_service(run: RunFolder, folder: Path, index: Path) -> SearchService:
    encoder = make_encoder(run)
    return SearchService(encoder, encoder.open_index(index), images=folder, texts=TEXTS)


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def png(colour: str = "red", size: tuple[int, int] = (20, 10)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()
