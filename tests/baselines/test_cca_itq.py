"""CCA-ITQ: a rotation of canonical projections weighted by their correlations."""

from __future__ import annotations

import torch

from tests.baselines.kit import views
from ucch.baselines import CcaItq, canonical_directions


def test_inner_products_are_those_of_the_weighted_projections() -> None:
    image, text = views()
    model = CcaItq(8, image_scaling="none", text_scaling="none").fit(image.numpy(), text.numpy()).model
    space = canonical_directions(image, text, 8)
    sides = [side * space.strength.float() for side in space.outputs(image, text)]
    with torch.no_grad():
        ours = model.image_outputs(image), model.text_outputs(text)
    torch.testing.assert_close(ours[0] @ ours[1].T, sides[0] @ sides[1].T, rtol=1e-3, atol=1e-3)
