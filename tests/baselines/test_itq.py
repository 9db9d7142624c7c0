"""ITQ: the quantisation error falls, the rotation stays orthogonal, also with more bits than dimensions."""

from __future__ import annotations

import pytest
import torch

from tests.baselines.kit import views
from ucch.baselines import CcaItq, Itq, pair_components


@pytest.mark.parametrize("kind", [Itq, CcaItq])
@pytest.mark.parametrize("bits", [4, 20])
def test_the_error_falls(kind: type[Itq], bits: int) -> None:
    image, text = (x.numpy() for x in views())
    before, after = kind(bits).fit(image, text).objective
    assert after < before


@pytest.mark.parametrize("bits", [4, 20])
def test_outputs_are_a_rotation_of_the_components(bits: int) -> None:
    image, text = views()
    options = {"image_scaling": "none", "text_scaling": "none"}
    model = Itq(bits, **options).fit(image.numpy(), text.numpy()).model  # type: ignore[arg-type]
    before = pair_components(image, text, bits).outputs(image, text)[0]
    with torch.no_grad():
        after = model.image_outputs(image)
    torch.testing.assert_close(after @ after.T, before @ before.T, rtol=1e-3, atol=1e-3)


def test_sweeps_are_checked() -> None:
    with pytest.raises(ValueError, match="rotation_sweeps must be an int of at least 1, got 0"):
        Itq(rotation_sweeps=0)
