"""Gradients shortened to a length at most."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

__all__ = ["clip_gradients"]


def clip_gradients(parameters: Sequence[Tensor], longest: float) -> Tensor:
    """As :func:`torch.nn.utils.clip_grad_norm_`, but gradients on a CPU that are short enough are not touched.

    torch multiplies them by 1 then, so as not to wait for an accelerator.

    Args:
        parameters: whose gradients, where they have one, together are at most ``longest`` long afterwards.
        longest: above 0.

    Returns:
        The length before, a scalar on the device of the gradients. O(P) for P numbers.
    """
    norm = get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
    if norm.device.type == "cpu" and float(longest / (norm + 1e-6)) >= 1:
        return norm
    clip_grads_with_norm_(parameters, longest, norm)
    return norm
