"""Encoders by name and by ``module:Class``."""

from __future__ import annotations

import re

import pytest

from tests.encoders.kit import ColourEncoder
from ucch.encoders import IMAGE_ENCODERS, TEXT_ENCODERS, BowEncoder, image_encoder, is_plugin, text_encoder
from ucch.errors import EncoderError


def test_a_name_with_an_argument() -> None:
    bow = text_encoder("BOW:7,tfidf")
    assert isinstance(bow, BowEncoder)
    assert (bow.n_words, bow.weighting) == (7, "tfidf")


def test_a_class_of_ones_own_with_and_without_an_argument() -> None:
    plain, set_up = (image_encoder(f"tests.encoders.kit:ColourEncoder{end}") for end in ("", ":a:b"))
    assert (type(plain), plain.setting) == (ColourEncoder, "")
    assert set_up.setting == "a:b"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "vgg",
            "image encoder must be one of clip, efficientnet-lite0, features, vgg19, or module:Class of",
        ),
        (
            "bow",
            "image encoder must be one of clip, efficientnet-lite0, features, vgg19, or module:Class of your own, got",
        ),
        ("no_such_module:X", "encoder no_such_module:X: no module 'no_such_module'; it must be installed, or lie in"),
        ("tests.encoders.kit:Nothing", "module tests.encoders.kit has no class 'Nothing'"),
        ("tests.encoders.kit:not_a_class", "tests.encoders.kit:not_a_class must be a class, got function"),
        ("os:system:true", "os:system must be a class, got builtin_function_or_method"),
        (
            "tests.encoders.kit:NoEncoder",
            "image encoder 'tests.encoders.kit:NoEncoder' lacks digest, dimension, encode",
        ),
    ],
)
def test_wrong_specifications_are_refused(spec: str, message: str) -> None:
    with pytest.raises(EncoderError, match=f"^{re.escape(message)}"):
        image_encoder(spec)


def test_what_lies_outside_ucch_is_known_as_such() -> None:
    assert is_plugin("tests.encoders.kit:ColourEncoder", IMAGE_ENCODERS)
    assert not is_plugin("clip:folder:with:colons", IMAGE_ENCODERS)
    assert not is_plugin("BoW", TEXT_ENCODERS)
