"""Encoders: photographs and texts to the features that hash towers take."""

from __future__ import annotations

from typing import Any

import torch

from .bow import BowEncoder
from .card import EncoderCard, check_same
from .clip import ClipImageEncoder, ClipTextEncoder
from .fingerprint import fingerprint
from .interface import Features, FittedTextEncoder, ImageEncoder, TextEncoder
from .network import NetworkImageEncoder
from .precomputed import PrecomputedEncoder
from .resolve import Factory, build_encoder, is_plugin, move
from .sentence import SentenceEncoder
from .vgg19 import Vgg19Encoder

__all__ = [
    "IMAGE_ENCODERS",
    "TEXT_ENCODERS",
    "BowEncoder",
    "ClipImageEncoder",
    "ClipTextEncoder",
    "EncoderCard",
    "Features",
    "FittedTextEncoder",
    "ImageEncoder",
    "NetworkImageEncoder",
    "PrecomputedEncoder",
    "SentenceEncoder",
    "TextEncoder",
    "Vgg19Encoder",
    "check_same",
    "fingerprint",
    "image_encoder",
    "is_plugin",
    "text_encoder",
]

IMAGE_ENCODERS: dict[str, Factory] = {
    "clip": ClipImageEncoder,
    "features": PrecomputedEncoder,
    "vgg19": Vgg19Encoder,
}
TEXT_ENCODERS: dict[str, Factory] = {
    "bow": BowEncoder,
    "clip": ClipTextEncoder,
    "sentence": SentenceEncoder,
}


def image_encoder(spec: str, *, device: torch.device | str = "cpu") -> Any:
    """Build an image encoder: ``clip``, ``clip:FOLDER``, ``vgg19``, ``vgg19:FILE``, or ``module:Class`` of one's own.

    Raises:
        EncoderError: there is no such encoder, a package is missing, or it cannot be loaded.
    """
    return move(build_encoder(spec, "image", IMAGE_ENCODERS, ImageEncoder), device)


def text_encoder(spec: str, *, device: torch.device | str = "cpu") -> Any:
    """Build a text encoder: ``bow``, ``bow:2000,tfidf``, ``clip:FOLDER``, ``sentence:FOLDER``, or ``module:Class``.

    Raises:
        EncoderError: there is no such encoder, a package is missing, or it cannot be loaded.
    """
    return move(build_encoder(spec, "text", TEXT_ENCODERS, TextEncoder), device)
