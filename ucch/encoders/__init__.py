"""Encoders: photographs and texts to the features that hash towers take."""

from __future__ import annotations

from typing import Any

import torch

from .bow import BowEncoder
from .card import EncoderCard, check_same
from .class_words import ClassWordsEncoder
from .clip import ClipImageEncoder, ClipTextEncoder
from .efficientnet_lite0 import EfficientNetLite0
from .fingerprint import fingerprint
from .interface import Features, FittedTextEncoder, ImageEncoder, TextEncoder
from .minilm import MiniLmEncoder
from .network import NetworkImageEncoder
from .precomputed import PrecomputedEncoder
from .resolve import Factory, build_encoder, is_plugin, move
from .sentence import SentenceEncoder
from .vgg19 import Vgg19Encoder

__all__ = [
    "IMAGE_ENCODERS",
    "TEXT_ENCODERS",
    "BowEncoder",
    "ClassWordsEncoder",
    "ClipImageEncoder",
    "ClipTextEncoder",
    "EfficientNetLite0",
    "EncoderCard",
    "Features",
    "FittedTextEncoder",
    "ImageEncoder",
    "MiniLmEncoder",
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
    "efficientnet-lite0": EfficientNetLite0,
    "features": PrecomputedEncoder,
    "vgg19": Vgg19Encoder,
}
TEXT_ENCODERS: dict[str, Factory] = {
    "bow": BowEncoder,
    "clip": ClipTextEncoder,
    "efficientnet-lite0": ClassWordsEncoder,
    "minilm": MiniLmEncoder,
    "sentence": SentenceEncoder,
}


def image_encoder(spec: str, *, device: torch.device | str = "cpu") -> Any:
    """Build an image encoder: a name of ``IMAGE_ENCODERS``, such as ``clip:FOLDER``, or ``module:Class``.

    Raises:
        EncoderError: there is no such encoder, a package is missing, or it cannot be loaded.
    """
    return move(build_encoder(spec, "image", IMAGE_ENCODERS, ImageEncoder), device)


def text_encoder(spec: str, *, device: torch.device | str = "cpu") -> Any:
    """Build a text encoder: a name of ``TEXT_ENCODERS``, such as ``bow:2000,tfidf``, or ``module:Class``.

    Raises:
        EncoderError: there is no such encoder, a package is missing, or it cannot be loaded.
    """
    return move(build_encoder(spec, "text", TEXT_ENCODERS, TextEncoder), device)
