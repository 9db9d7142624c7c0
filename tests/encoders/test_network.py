"""What encoders around a network share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.encoders.kit import TinyNetworkEncoder
from tests.images.kit import gradient
from ucch.encoders import ImageEncoder


def test_encode_gives_the_networks_outputs_without_gradients() -> None:
    encoder = TinyNetworkEncoder()
    assert isinstance(encoder, ImageEncoder)
    pixels = [encoder.prepare(gradient(size=size)) for size in ((30, 20), (9, 12))]
    with torch.no_grad():
        expected = encoder.network(torch.from_numpy(np.stack(pixels)))
    np.testing.assert_array_equal(encoder.encode(pixels), expected.numpy())
    assert not any(weight.requires_grad for weight in encoder.network.parameters())
    assert not encoder.network.training


def test_the_digest_follows_the_weights() -> None:
    ours, theirs = TinyNetworkEncoder("0"), TinyNetworkEncoder("1")
    assert ours.digest != theirs.digest
    weights = theirs.weights()
    ours.load_weights(weights)
    assert ours.digest == theirs.digest
    with torch.no_grad():
        theirs.network[0].weight += 1
    assert torch.equal(ours.network[0].weight, weights["0.weight"])
    theirs.weights_changed()
    assert ours.digest != theirs.digest
    with pytest.raises(RuntimeError, match="Missing key"):
        ours.load_weights({})
