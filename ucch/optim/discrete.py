"""Discrete cyclic coordinate descent: codes that minimise an objective bit by bit, refreshed once per epoch."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize as unit

from .._checks import interval, positive, positive_int, two_dimensional
from ..codes import sign
from .momentum import momentum_binary
from .table_optimizer import TableOptimizer
from .table_rows import decode_rows

__all__ = ["DiscreteCodes", "discrete_codes", "discrete_objective"]


def _weights(codes: Tensor, target: Tensor, ridge: float) -> Tensor:
    """W that predicts the target from the codes best: ``(B'B + ridge I)^-1 B'T``, (D, d)."""
    eye = torch.eye(codes.shape[1], dtype=codes.dtype, device=codes.device)
    weights: Tensor = torch.linalg.solve(codes.T @ codes + ridge * eye, codes.T @ target)
    return weights


def discrete_objective(codes: Tensor, latent: Tensor, target: Tensor, *, mu: float, nu: float, eta: float) -> Tensor:
    """Evaluate ``mu |T - B W|^2 + nu |W|^2 + eta |B - U|^2`` at the best W of these codes."""
    weights = _weights(codes, target, nu / mu)
    fit = mu * (target - codes @ weights).square().sum() + nu * weights.square().sum()
    return fit + eta * (codes - latent).square().sum()


def discrete_codes(
    codes: Tensor,
    latent: Tensor,
    target: Tensor,
    *,
    mu: float = 1.0,
    nu: float = 1.0,
    eta: float = 55.0,
    n_sweeps: int = 10,
) -> Tensor:
    """Lower ``mu |T - B W|^2 + nu |W|^2 + eta |B - U|^2`` over codes B in {-1, +1} and weights W.

    In turn: W in closed form; then every bit k of all codes at once, given the others,
    ``b_k <- sign(T w_k - B_-k W_-k w_k + (eta / mu) u_k)``. Every move is the best one for its bit, so that the
    objective never rises; it stops early when a sweep flips nothing.

    Args:
        codes: (N, D) of +-1 to start from, such as the signs of ``latent``; zeros would stay void.
        latent: (N, D) real values U the codes should stay near, about sqrt(D) long.
        target: (N, d) what the codes should predict linearly.
        mu, nu, eta: weights above 0 (eta may be 0).
        n_sweeps: at most so many sweeps over the bits.

    Returns:
        (N, D) new codes. A bit whose score is exactly 0 stays as it is. O(N D (D + d)) per sweep.
    """
    codes = codes.clone()
    for _ in range(n_sweeps):
        weights = _weights(codes, target, nu / mu)
        gram = weights @ weights.T  # (D, D)
        wanted = target @ weights.T + (eta / mu) * latent  # (N, D)
        flips = 0
        for bit in range(codes.shape[1]):
            others = codes @ gram[:, bit] - codes[:, bit] * gram[bit, bit]
            score = wanted[:, bit] - others
            new = torch.where(score == 0, codes[:, bit], sign(score))
            flips += int((new != codes[:, bit]).sum())
            codes[:, bit] = new
        if not flips:
            break
    return codes


class DiscreteCodes(TableOptimizer):
    """Keep a momentum memory of the outputs and, when asked, solve for the codes as a whole.

    A step moves the memory, ``v <- unit(momentum v + (1 - momentum) unit(t))`` with t the mean of a row's views, and
    leaves the codes alone. :meth:`refresh` then lowers :func:`discrete_objective` with ``U = sqrt(D) unit(v)``, and
    the table takes the codes. Bits so move together, which momentum on its own cannot do.

    Args:
        params: tables of :class:`~ucch.optim.CodeBank`, or param groups.
        momentum: weight of the old memory row in [0, 1); .4 as in UCCH.
        mu, nu: weights above 0 of the prediction of the target and of its weights; 1 as in DSDH.
        eta: weight in [0, inf) of staying near the memory; 55 as in DSDH, smaller lets the target speak.
        n_sweeps: sweeps over the bits per refresh; 10 as in DSDH.
        strict: refuse an observed row that is no finite number instead of leaving it out (default False).

    Shape:
        - every parameter: (N, D), the table of a :class:`~ucch.optim.CodeBank`.

    Attributes:
        state: for every table ``memory`` (N, D), ``refreshed``, and the counts of
            :class:`~ucch.optim.TableOptimizer`. Memory 4 N D bytes beside the table.

    Raises:
        ValueError: an option is outside its range; at :meth:`step` with ``strict``, a row is no finite number.
        TypeError: at :meth:`step`, a table has a gradient in ``.grad``.

    Note:
        DSDH's target is the labels; here any target does, and :mod:`ucch.training` takes principal components of the
        features (our reconstruction). The published start from zeros makes the first call void; memory and
        codes start from the table's signs.

    Reference:
        Shen et al., "Supervised Discrete Hashing", CVPR 2015; Li et al., "Deep Supervised Discrete Hashing",
        NeurIPS 2017.
    """

    counts = ("refreshed",)

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        momentum: float = 0.4,
        mu: float = 1.0,
        nu: float = 1.0,
        eta: float = 55.0,
        n_sweeps: int = 10,
        strict: bool = False,
    ) -> None:
        options = {"momentum": momentum, "mu": mu, "nu": nu, "eta": eta, "n_sweeps": n_sweeps, "strict": strict}
        super().__init__(params, options)

    def check(self, options: dict[str, Any]) -> None:
        """Refuse options out of range."""
        interval("momentum", options["momentum"], 0.0, 1.0, open_high=True)
        interval("eta", options["eta"], 0.0, float("inf"), open_high=True)
        positive("mu", options["mu"])
        positive("nu", options["nu"])
        positive_int("n_sweeps", options["n_sweeps"])

    def row_state(self, table: Tensor) -> dict[str, Tensor]:
        """The memory: a unit row for every code, the table's own at first."""
        return {"memory": unit(decode_rows(table.detach()), dim=1)}

    def rule(self, old: Tensor, target: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """Move the memory by :func:`~ucch.optim.momentum_binary` and leave the codes alone."""
        memory["memory"] = momentum_binary(memory["memory"], target, momentum=options["momentum"], normalize=True)
        return old

    @torch.no_grad()
    def refresh(self, table: Tensor, target: Tensor) -> None:
        """Solve for the codes of all rows and write them to the table.

        Args:
            table: one of the parameters.
            target: (N, d) what the codes should predict linearly.

        Raises:
            ValueError: ``table`` is none of the parameters, or ``target`` has another number of rows or numbers that
                are not finite; nothing is changed.
        """
        group = self.group_of(table)
        if len(two_dimensional("target", target)) != len(table):
            raise ValueError(f"target must have one row per code, got {len(target)} rows and {len(table)} codes")
        bad = (~target.isfinite().all(dim=1)).nonzero().flatten().tolist()
        if bad:  # one would spoil the weights, and with them all codes
            raise ValueError(
                f"target must be finite numbers, got others in {len(bad)} of {len(target)} rows, the first {bad[0]};"
                " nothing was changed. Mend or replace those rows"
            )
        state, old = self.table_state(table), decode_rows(table)
        latent = sqrt(table.shape[1]) * unit(state["memory"], dim=1)
        codes = sign(old).to(latent.dtype)
        options = {name: group[name] for name in ("mu", "nu", "eta", "n_sweeps")}
        # solve the first time from the memory's signs: the table holds noise
        start = torch.where(state["refreshed"].to(codes.device) > 0, codes, sign(latent))
        new = discrete_codes(start, latent, target.to(latent.dtype), **options)
        state["refreshed"] += 1
        self.write(table, slice(None), new.to(old.dtype) * old.abs(), old=old)
