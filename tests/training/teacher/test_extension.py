"""Rows of all pairs by a teacher that was fitted to some."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from ucch.data import Pairs
from ucch.training.teacher import extension


def test_chunks_are_put_together_in_order_as_unit_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of captions too: a chunk is of images, with all their texts."""
    monkeypatch.setattr(extension, "_AT_ONCE", 4)
    rng = np.random.default_rng(0)
    image, text = rng.normal(size=(10, 6)).astype(np.float32), rng.normal(size=(15, 3)).astype(np.float32)
    pairs = Pairs(image, text, image_of_text=np.concatenate([np.arange(10), np.arange(5)]))
    sizes: list[int] = []
    done: list[tuple[int, int]] = []

    def describe(some: Pairs) -> torch.Tensor:
        sizes.append(len(some.text))
        return 3 * torch.from_numpy(some.image)

    rows = extension.extended_rows(pairs, describe, on_rows=lambda n, total: done.append((n, total)))
    torch.testing.assert_close(rows.float(), normalize(torch.from_numpy(image), dim=1), atol=2**-11, rtol=0)
    assert rows.dtype == torch.float16
    assert sizes == [8, 5, 2]
    assert done == [(4, 10), (8, 10), (10, 10)]
