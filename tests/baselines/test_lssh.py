"""LSSH: each turn against direct minimisation of its own problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import Lasso

from tests.baselines.kit import views
from ucch.baselines import Lssh, bounded_dictionary, latent_codes
from ucch.models import SparseCodeTower


def test_the_turn_of_atoms_is_the_constrained_minimum(generator: torch.Generator) -> None:
    rows = 3 * torch.randn(20, 3, generator=generator, dtype=torch.float64)
    codes = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    start = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    ours = bounded_dictionary(rows, codes, start, sweeps=200)

    def cost(flat: np.ndarray) -> float:
        return float((rows - codes @ torch.from_numpy(flat.reshape(4, 3))).square().sum())

    bound = {"type": "ineq", "fun": lambda flat: 1 - (flat.reshape(4, 3) ** 2).sum(axis=1)}
    best = minimize(cost, np.zeros(12), constraints=[bound], options={"maxiter": 500, "ftol": 1e-12})
    assert (ours.norm(dim=1) <= 1 + 1e-12).all()
    assert cost(ours.numpy().ravel()) == pytest.approx(best.fun, rel=1e-5)
    assert (ours.norm(dim=1) > 1 - 1e-9).any()  # the bound is felt


def test_an_atom_that_no_row_uses_stays() -> None:
    start = torch.ones(2, 3)
    ours = bounded_dictionary(torch.ones(4, 3), torch.tensor([[1.0, 0.0]] * 4), start)
    assert torch.equal(ours[1], start[1])


def test_the_turn_of_latent_codes_is_the_minimum(generator: torch.Generator) -> None:
    text, basis, linked = (torch.randn(shape, generator=generator) for shape in ((6, 5), (3, 5), (6, 3)))
    latent = latent_codes(text, basis, linked, 4.0).requires_grad_()
    cost = (text - latent @ basis).square().sum() + 4 * (latent - linked).square().sum()
    assert torch.autograd.grad(cost, latent)[0].abs().max() < 1e-4


def test_an_image_is_coded_by_its_lasso_solution() -> None:
    image, text = views()
    tower = Lssh(6, atoms=15).fit(image.numpy(), text.numpy()).model.image_tower
    assert isinstance(tower, SparseCodeTower)
    scaler = Lssh(6, atoms=15).fit(image.numpy(), text.numpy()).model.image_scaler
    rows = scaler(image[:4])
    with torch.no_grad():
        outputs = tower(rows)
    reduced = torch.nn.functional.normalize((rows - tower.centre) @ tower.reduction, dim=1).double().numpy()
    atoms = tower.dictionary.double().numpy()
    for row, output in zip(reduced, outputs, strict=True):
        alpha = 0.5 * np.abs(row @ atoms).max() / len(row)  # scikit-learn divides the squares by the length
        codes = Lasso(alpha=alpha, fit_intercept=False, tol=1e-10, max_iter=100_000).fit(atoms, row).coef_
        np.testing.assert_allclose(output, codes @ tower.last.weight.detach().numpy().T, atol=2e-3)


def test_rows_are_capped_and_options_checked() -> None:
    image, text = (x.numpy() for x in views())
    tower = Lssh(6, atoms=200, max_rows=40).fit(image, text).model.image_tower
    assert isinstance(tower, SparseCodeTower)
    assert tower.n_atoms == 40
    with pytest.raises(ValueError, match=r"sparsity must lie in \[0.0, 1.0\], got 2"):
        Lssh(sparsity=2.0)
