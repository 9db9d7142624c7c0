"""Sign: the plain signs of the pair's components."""

from __future__ import annotations

import numpy as np
import torch

from tests.baselines.kit import views
from ucch.baselines import Sign, pair_components
from ucch.codes import pack, sign


def test_bits_are_signs_of_the_components() -> None:
    image, text = views()
    baseline = Sign(4, image_scaling="none", text_scaling="none").fit(image.numpy(), text.numpy())
    outputs = pair_components(image, text, 4).outputs(image.double(), text.double())
    assert np.array_equal(baseline.encode_image(image.numpy()), pack(sign(outputs[0])))
    assert np.array_equal(baseline.encode_text(text.numpy()), pack(sign(outputs[1])))
    assert torch.equal(torch.tensor(baseline.objective), torch.tensor([]))
