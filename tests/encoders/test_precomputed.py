"""Features as they come."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ucch.encoders import PrecomputedEncoder
from ucch.errors import EncoderError


def test_rows_pass_as_float32() -> None:
    features = PrecomputedEncoder("3").encode([[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(features, np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    assert features.dtype == np.float32


def test_the_digest_tells_widths_apart() -> None:
    assert PrecomputedEncoder("3").digest == PrecomputedEncoder("3").digest != PrecomputedEncoder("4").digest


@pytest.mark.parametrize("width", ["", "0", "wide", "-2"])
def test_a_wrong_width_is_refused(width: str) -> None:
    message = f"features must read features:WIDTH, WIDTH a number of at least 1, got 'features:{width}'"
    with pytest.raises(EncoderError, match=f"^{re.escape(message)}$"):
        PrecomputedEncoder(width)


def test_photographs_are_refused_with_the_way_out() -> None:
    encoder = PrecomputedEncoder("3")
    message = "^image encoder must take photographs, got features:3, which is .* give those to ucch train --data"
    with pytest.raises(EncoderError, match=message):
        encoder.prepare  # noqa: B018


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(EncoderError, match=r"^features must have shape \(rows, 3\), got shape \(2, 4\)$"):
        PrecomputedEncoder("3").encode(np.zeros((2, 4)))
