"""CMFH: the objective falls every sweep, is what it says, and every turn solves its own problem."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.baselines.kit import views
from ucch.baselines import Cmfh, cmfh, cmfh_objective
from ucch.baselines.linear_maps import centred

OPTIONS = {"projection_weight": 100.0, "regularization": 0.01}


@pytest.mark.parametrize("bits", [4, 16])
def test_the_objective_falls_every_sweep(bits: int) -> None:
    image, text = (x.numpy() for x in views())
    objective = Cmfh(bits).fit(image, text).objective
    assert len(objective) == 25
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(objective))
    assert objective[-1] < objective[0]


def test_one_sweep_is_its_closed_forms_and_the_objective_that_of_the_definition() -> None:
    x, y = (centred(rows.double())[0] for rows in views(60))
    start = torch.rand(60, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    maps, objective = cmfh((x, y), start, sweeps=1, **OPTIONS)
    eye = torch.eye(3, dtype=torch.float64)
    bases = [torch.linalg.solve(start.T @ start + 0.01 * eye, start.T @ view) for view in (x, y)]

    def projection(view: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        gram = view.T @ view + 1e-4 * torch.eye(view.shape[1], dtype=torch.float64)
        return torch.linalg.solve(gram, view.T @ latent)

    old = [projection(view, start) for view in (x, y)]
    latent = start.clone().requires_grad_()
    gradient = torch.autograd.grad(cmfh_objective((x, y), latent, bases, old, **OPTIONS), latent)[0]
    right = sum(view @ (u.T + 100 * w) for view, u, w in zip((x, y), bases, old, strict=True))
    new = torch.linalg.solve(bases[0] @ bases[0].T + bases[1] @ bases[1].T + 2 * 100.01 * eye, right.T).T
    assert gradient.abs().max() > 1
    new.requires_grad_()
    gradient = torch.autograd.grad(cmfh_objective((x, y), new, bases, old, **OPTIONS), new)[0]
    assert gradient.abs().max() < 1e-8  # Z minimises the objective with all else fixed
    for ours, view in zip(maps, (x, y), strict=True):
        torch.testing.assert_close(ours, projection(view, new.detach()))
    expected = cmfh_objective((x, y), new.detach(), bases, maps, **OPTIONS)
    np.testing.assert_allclose(objective, [float(expected)], rtol=1e-9)


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="projection_weight must be a finite number above 0"):
        Cmfh(projection_weight=0.0)
