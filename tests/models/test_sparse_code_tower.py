"""Sparse codes against scikit-learn's lasso; the tower's file and errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from ucch.models import SparseCodeTower, build_tower, lasso


def test_lasso_is_scikit_learns(generator: torch.Generator) -> None:
    dictionary, rows = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((8, 12), (5, 8)))
    penalty = torch.tensor([[0.1], [0.5], [1.0], [2.0], [50.0]], dtype=torch.float64)
    ours = lasso(dictionary.T @ dictionary, rows @ dictionary, penalty, n_iterations=3000)
    for row, t, codes in zip(rows, penalty, ours, strict=True):
        reference = Lasso(alpha=float(t) / 8, fit_intercept=False, tol=1e-12, max_iter=100_000)
        np.testing.assert_allclose(codes, reference.fit(dictionary.numpy(), row.numpy()).coef_, atol=1e-5)
    assert (ours[-1] == 0).all()


def test_it_goes_on_from_a_start(generator: torch.Generator) -> None:
    dictionary, rows = torch.randn(8, 12, generator=generator), torch.randn(5, 8, generator=generator)
    problem = (dictionary.T @ dictionary, rows @ dictionary, torch.full((5, 1), 0.3))
    through = lasso(*problem, n_iterations=2000)
    torch.testing.assert_close(lasso(*problem, n_iterations=1, start=through), through, rtol=1e-3, atol=1e-4)


def test_config_builds_an_equal_tower(generator: torch.Generator) -> None:
    tower = SparseCodeTower(6, 4, n_components=3, n_atoms=5, sparsity=0.2, n_iterations=7)
    for buffer in (tower.centre, tower.reduction, tower.dictionary):
        buffer.copy_(torch.randn(buffer.shape, generator=generator))
    again = build_tower(tower.config())
    again.load_state_dict(tower.state_dict())
    x = torch.randn(9, 6, generator=generator)
    assert torch.equal(again(x), tower(x))


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sparsity must lie in \[0.0, 1.0\], got -1"):
        SparseCodeTower(6, 4, n_components=3, n_atoms=5, sparsity=-1.0)
    with pytest.raises(ValueError, match="n_components must be an int of at least 1, got 0"):
        SparseCodeTower(6, 4, n_components=0, n_atoms=5)
