"""Latent values in the place of parameters, for as long as an optimizer works on them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["OWN", "LatentLoan"]

OWN = ("latent", "scale")  # what the state of a binary parameter holds beside the base's


class LatentLoan:
    """Put latent values, with the gradients of their parameters, where an optimizer keeps the parameters.

    Its groups and its state name them instead until :meth:`end`, so that any optimizer moves them by its own code, in
    their precision, with a state that it makes as it is used to. Parameters themselves are not touched: what hooks of
    theirs belong to, such as data-parallel reducers, notices nothing.

    Args:
        base: the optimizer; ``state[parameter]["latent"]`` is there for every parameter.
        parameters: those to replace.

    Note:
        A gradient is handed over, not copied, unless its dtype is another than that of the latent values.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([1.0]))
        >>> base = torch.optim.SGD([weight], lr=0.5)
        >>> latent = base.state[weight]["latent"] = torch.tensor([0.25])
        >>> weight.grad = torch.tensor([1.0])
        >>> loan = LatentLoan(base, [weight])
        >>> base.step()
        >>> loan.end()
        >>> weight.item(), latent.item()
        (1.0, -0.25)
    """

    def __init__(self, base: Optimizer, parameters: Sequence[Tensor]) -> None:
        self.base = base
        self.latents: dict[Tensor, Tensor] = {each: base.state[each]["latent"] for each in parameters}
        self.parameters = {latent: each for each, latent in self.latents.items()}
        self.own: dict[Tensor, dict[str, Tensor]] = {}
        self.begin()

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def begin(self) -> None:
        """Replace the parameters, again after :meth:`end`."""
        state = self.base.state
        for parameter, latent in self.latents.items():
            entries = state.pop(parameter)
            self.own[parameter] = {name: entries.pop(name) for name in OWN if name in entries}
            if entries:  # without, the base has not begun and looks for an empty state
                state[latent] = entries
            if parameter.grad is not None:
                latent.grad = parameter.grad.to(latent.dtype)
        self._replace(self.latents)

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def end(self) -> None:
        """Put the parameters back, and what the base remembers of each beside its latent values."""
        self._replace(self.parameters)
        state = self.base.state
        for parameter, latent in self.latents.items():
            entries = state.pop(latent, {})
            entries.update(self.own[parameter])
            state[parameter] = entries
            latent.grad = None

    def _replace(self, old_to_new: dict[Tensor, Tensor]) -> None:
        for group in self.base.param_groups:
            group["params"][:] = [old_to_new.get(each, each) for each in group["params"]]
