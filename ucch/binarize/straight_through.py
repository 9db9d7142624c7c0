"""Straight-through signs: the code itself asks, and its gradient passes as if no sign had been taken."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

from .._checks import one_of
from ..codes import sign

__all__ = ["FORMS", "StraightThroughQuery", "straight_through"]

FORMS = ("clipped", "identity", "soft")


def straight_through(u: Tensor, *, form: str = "clipped") -> Tensor:
    """Take signs forward and the gradient of a stand-in backward.

    ``dL/du = dL/db`` (identity), ``dL/db 1[|u| <= 1]`` (clipped), or ``dL/db (1 - tanh(u)^2)`` (soft).

    Args:
        u: real numbers, any shape.
        form: one of ``FORMS``.

    Returns:
        Exactly +-1 in the dtype of ``u``, +1 at 0; NaN stays NaN. An infinite output is a code and gets no gradient.

    Example:
        >>> u = torch.tensor([0.5, -2.0, 0.0], requires_grad=True)
        >>> b = straight_through(u)
        >>> b.sum().backward()
        >>> b.tolist(), u.grad.tolist()
        ([1.0, -1.0, 1.0], [1.0, 0.0, 1.0])
    """
    one_of("form", form, FORMS)
    if form == "soft":
        stand_in = torch.tanh(u)
    else:  # whether clamp passes the border depends on torch, and infinity less infinity is no number
        still = u.abs() > 1 if form == "clipped" else u.isinf()
        stand_in = torch.where(still, torch.zeros_like(u), u)
    return sign(u) + (stand_in - stand_in.detach())  # the bracket is exactly 0, so codes stay exact


class StraightThroughQuery(nn.Module):
    """Query for a code by the code of the output, at unit length: ``sign(u) / sqrt(D)``.

    Losses then see true code similarities, multiples of 2/D.

    Args:
        form: ``"clipped"`` (default) stops pushing outputs beyond 1; ``"identity"`` lets ``|u|`` grow without bound,
            so give it weight decay or a penalty on ``u``; ``"soft"`` fades out smoothly.

    Shape:
        - ``u``: (B, D) real outputs.
        - output: (B, D) unit rows, float32 or wider.

    Raises:
        ValueError: ``form`` is unknown.

    Note:
        The mean of two such queries is 0 wherever they disagree; give a code table the outputs ``u``, not these.

    Reference:
        Bengio et al., "Estimating or Propagating Gradients Through Stochastic Neurons", arXiv:1308.3432;
        Courbariaux, Hubara, Soudry, El-Yaniv and Bengio, "Binarized Neural Networks", arXiv:1602.02830 (clipped).

    Example:
        >>> StraightThroughQuery()(torch.tensor([[0.1, -3.0, 0.0, 9.0]]))
        tensor([[ 0.5000, -0.5000,  0.5000,  0.5000]])
    """

    def __init__(self, form: str = "clipped") -> None:
        super().__init__()
        self.form = one_of("form", form, FORMS)

    def forward(self, u: Tensor) -> Tensor:
        wide = u.to(torch.promote_types(u.dtype, torch.float32))
        return straight_through(wide, form=self.form) / sqrt(u.shape[1])

    def extra_repr(self) -> str:
        return f"form={self.form!r}"
