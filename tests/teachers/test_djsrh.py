"""DJSRH's affinity."""

from __future__ import annotations

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine_matrix, features
from ucch.teachers import djsrh_similarity


def test_loop() -> None:
    image, text = features()
    n, w, e = len(image), 0.3, 0.4
    ci, ct = cosine_matrix(image), cosine_matrix(text)
    joint = [[w * (2 * ci[i][j] - 1) + (1 - w) * (2 * ct[i][j] - 1) for j in range(n)] for i in range(n)]
    second = [[sum(joint[i][k] * joint[j][k] for k in range(n)) / n for j in range(n)] for i in range(n)]
    expected = [[1.5 * ((1 - e) * joint[i][j] + e * second[i][j]) for j in range(n)] for i in range(n)]
    found = djsrh_similarity(image, text, image_weight=w, second_order=e, scale=1.5)
    torch.testing.assert_close(found, as_matrix(expected))


def test_order_of_the_batch_does_not_matter() -> None:
    image, text = features()
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    whole = djsrh_similarity(image, text)
    torch.testing.assert_close(djsrh_similarity(image[order], text[order]), whole[order][:, order])


def test_errors() -> None:
    image, text = features()
    for options, message in (({"image_weight": 2.0}, "image_weight"), ({"second_order": -1.0}, "second_order")):
        with pytest.raises(ValueError, match=f"{message} must lie in"):
            djsrh_similarity(image, text, **options)
    with pytest.raises(ValueError, match="scale must be"):
        djsrh_similarity(image, text, scale=0.0)
