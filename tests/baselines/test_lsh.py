"""LSH: the share of differing bits is the angle."""

from __future__ import annotations

import numpy as np
import torch

from tests.baselines.kit import views
from ucch.baselines import Lsh, pair_components
from ucch.codes import unpack


def test_differing_bits_estimate_the_angle_between_predictions() -> None:
    image, text = views(n=40)
    codes = unpack(Lsh(1000).fit(image.numpy(), text.numpy()).encode_image(image.numpy()), 1000)
    scaled = (image - image.mean(0)) / image.var(0, correction=0).sum().sqrt()
    other = (text - text.mean(0)) / text.var(0, correction=0).sum().sqrt()
    outputs = pair_components(scaled, other).outputs(scaled, other)[0]
    cosine = torch.nn.functional.cosine_similarity(outputs[0:1], outputs[1:])
    differing = (codes[0] != codes[1:]).mean(axis=1)
    np.testing.assert_allclose(differing, torch.arccos(cosine) / np.pi, atol=0.07)


def test_seeds_draw_different_bits() -> None:
    image, text = (x.numpy() for x in views())
    first, second = (Lsh(16, seed=seed).fit(image, text).encode_image(image) for seed in (0, 1))
    assert not np.array_equal(first, second)
