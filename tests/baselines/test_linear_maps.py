"""Products over rows, ridge solutions and linear towers against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from tests.baselines.kit import views
from ucch.baselines import linear_maps
from ucch.baselines.linear_maps import centred, linear_tower, product, ridge_solve


def test_a_product_in_pieces_is_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    image, text = views()
    monkeypatch.setattr(linear_maps, "_ROWS", 64)
    torch.testing.assert_close(product(image, text), image.double().T @ text.double())


def test_ridge_is_scikit_learns() -> None:
    (image, _), (text, _) = map(centred, views())
    gram = product(image, image)
    alpha = 0.1 * float(gram.diagonal().mean())
    expected = Ridge(alpha=alpha, fit_intercept=False).fit(image.double(), text.double()).coef_.T
    np.testing.assert_allclose(ridge_solve(gram, product(image, text), 0.1), expected, rtol=1e-8, atol=1e-10)


def test_a_rank_deficient_system_asks_for_a_ridge() -> None:
    gram = torch.ones(3, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match="ridge must be above 0 where features are rank deficient, got 0"):
        ridge_solve(gram - torch.eye(3, dtype=torch.float64), gram, 0)


def test_a_tower_centres_and_maps() -> None:
    image, _ = views()
    rows, mean = centred(image)
    weight = torch.arange(14.0).reshape(7, 2)
    torch.testing.assert_close(linear_tower(weight.double(), mean)(image), rows @ weight, rtol=1e-4, atol=1e-4)
