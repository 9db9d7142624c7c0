"""Features of a batch, held on an accelerator or sent ahead."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.pretend_device import PRETEND, PretendDevice
from tests.training.kit import small_pairs
from ucch.training.batch_features import BatchFeatures


@pytest.mark.parametrize("where", ["auto", "device", "host"])
def test_rows_are_those_of_the_arrays_wherever_they_are(where: str) -> None:
    pairs, index = small_pairs(), torch.tensor([5, 0, 5, 17])
    with PretendDevice() as device:
        features = BatchFeatures(pairs, torch.device(PRETEND), where)
        assert set(features.held) == (set() if where == "host" else {"image", "text"})
        features.expect("image", index)
        device.waits.clear()
        image, text = (features.rows(name, index) for name in ("image", "text"))
        other = features.rows("image", index[:2])  # not what was expected
        assert not device.waits
        assert torch.equal(image.cpu(), torch.from_numpy(pairs.image[index.numpy()]))
        assert torch.equal(text.cpu(), torch.from_numpy(pairs.text[index.numpy()]))
        assert torch.equal(other.cpu(), image[:2].cpu())


def test_another_batch_than_expected_is_gathered_anew() -> None:
    pairs = small_pairs()
    with PretendDevice():
        features = BatchFeatures(pairs, torch.device(PRETEND), "host")
        features.expect("image", torch.tensor([1, 2]))
        rows = features.rows("image", torch.tensor([3, 4])).cpu()
    assert np.array_equal(rows.numpy(), pairs.image[3:5])


def test_a_cpu_holds_nothing_twice() -> None:
    assert not BatchFeatures(small_pairs(), torch.device("cpu"), "device").held
