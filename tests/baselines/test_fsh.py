"""FSH: its turns against trying every code, its similarity against loops, an objective that rises."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from tests.baselines.kit import views
from ucch.baselines import Fsh, fsh_codes, fsh_objective, fused_similarity
from ucch.codes import sign


def corners(rows: int) -> torch.Tensor:
    return torch.tensor(list(product([-1.0, 1.0], repeat=rows)))


def test_the_turn_of_codes_is_the_best_of_all_codes(generator: torch.Generator) -> None:
    similarity = torch.rand(5, 3, generator=generator)
    anchors = sign(torch.randn(3, 2, generator=generator))
    projected = tuple(torch.randn(5, 2, generator=generator) for _ in range(2))
    for weight in (0.01, 1.0):
        ours = fsh_codes(similarity, anchors, projected[0] + projected[1], weight)
        best = max(
            float(fsh_objective(similarity, code.reshape(5, 2), anchors, projected, weight)) for code in corners(10)
        )
        assert float(fsh_objective(similarity, ours, anchors, projected, weight)) == pytest.approx(best, rel=1e-5)


def test_the_turn_of_anchor_codes_is_the_best_of_all(generator: torch.Generator) -> None:
    similarity = torch.rand(6, 4, generator=generator)
    codes = sign(torch.randn(6, 2, generator=generator))
    none = (codes, codes)
    best = max(float(fsh_objective(similarity, codes, code.reshape(4, 2), none, 1.0)) for code in corners(8))
    ours = float(fsh_objective(similarity, codes, sign(similarity.T @ codes), none, 1.0))
    assert ours == pytest.approx(best, rel=1e-6)


def test_similarity_by_loops() -> None:
    image, text = views(12)
    anchors = torch.tensor([1, 4, 7, 9, 2])
    ours = fused_similarity(image, text, anchors, n_nearest=2)
    for side, (own, other) in zip(ours, ((image, text), (text, image)), strict=True):
        spread = np.mean([float((own[a] - own[b]).square().sum()) for a in anchors for b in anchors])

        near = torch.cdist(own, own[anchors]).argsort(dim=1)[:, :2].tolist()
        by_other = torch.cdist(other, other[anchors]).argsort(dim=1)[:, :2].tolist()
        for i, m in product(range(12), range(5)):
            values = [
                np.exp(-float((own[anchors[a]] - own[anchors[b]]).square().sum()) / spread / 2)
                for a in near[i]
                for b in by_other[int(anchors[m])]
            ]
            assert float(side[i, m]) == pytest.approx(np.mean(values), rel=1e-4)


def test_it_ends_when_no_code_changes_and_gains_on_the_way() -> None:
    image, text = (x.numpy() for x in views())
    objective = Fsh(8, anchors=20).fit(image, text).objective
    assert 1 < len(objective) < 100
    assert objective[-1] > objective[0]


def test_rank_deficient_features_need_the_ridge() -> None:
    image, text = (x.numpy() for x in views())
    twice = np.concatenate([image, image[:, :1], np.zeros((300, 1), np.float32)], axis=1)
    assert Fsh(8).fit(twice, text).encode_image(twice).shape == (300, 1)
    with pytest.raises(ValueError, match="ridge must be above 0"):
        Fsh(8, regression_ridge=0.0).fit(twice, text)
