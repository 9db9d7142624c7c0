"""Rules that differ from ``momentum`` in one part: which part of an optimizer carries its lead.

Run by ``python benchmarks/optimizer_study.py --optimizers momentum outputs-seen ...``. None is an optimizer of a
recipe; what measures may become one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ucch.codes import sign
from ucch.optim import Keys
from ucch.training import STRATEGIES, Strategy
from ucch.training.strategies import Batch
from ucch.training.strategies.itq import Itq
from ucch.training.strategies.momentum import Momentum
from ucch.training.strategies.rotation import Rotation

__all__ = ["PARTS", "in_place_of_momentum"]


class OutputsSeen(Momentum):
    """``momentum``, but the table observes outputs u and not their tanh, as under ``itq``."""

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(batch.u.values())


class SignedLate(Momentum):
    """``momentum``, but the query goes from tanh to sign in equal steps of the run; the gradient stays the tanh's."""

    most, steps = 1.0, 0

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.mixed(outputs) for outputs in u)

    def mixed(self, u: Tensor) -> Tensor:
        """Unit query, of which a share that grows to ``most`` is signs."""
        per_epoch = max(1, self.n_items // min(self.recipe.training.batch_size, self.n_items))
        age = 0.0 if self.warming_up else min(1.0, self.steps / (self.n_epochs * per_epoch))
        smooth = torch.tanh(u)
        return normalize(smooth + self.most * age * (sign(u) - smooth).detach(), dim=1)

    def update(self, batch: Batch, keys: Keys) -> None:
        self.steps += 1
        super().update(batch, keys)


class SignedRotation(Itq, SignedLate):
    """``itq`` whose query becomes a sign by three tenths."""

    most = 0.3

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.mixed(self.rotation(outputs)) for outputs in u)


class HalfSignedRotation(SignedRotation):
    """``itq`` whose query becomes a sign by half."""

    most = 0.5


class RotationAgreeing(Rotation):
    """``rotation`` whose query becomes a sign by up to a half, as far as the codes of a pair agree.

    The share is ``most`` where all bits of a pair's two codes agree and falls to nothing where ``least`` of them do;
    agreement is a running mean over the batches. The table observes the smooth query.
    """

    most, least, rate = 0.5, 0.98, 0.05
    agreement = 0.0

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        share = self.most * max(0.0, (self.agreement - self.least) / (1 - self.least))
        rotated = [self.rotation(outputs) for outputs in u]
        return tuple(
            normalize(smooth + share * (sign(turned) - smooth).detach(), dim=1)
            for turned, smooth in zip(rotated, map(torch.tanh, rotated), strict=True)
        )

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(normalize(torch.tanh(self.rotation(outputs)), dim=1) for outputs in batch.u.values())

    def update(self, batch: Batch, keys: Keys) -> None:
        first, second = (sign(self.rotation(outputs)) for outputs in batch.u.values())
        self.agreement += self.rate * (float((first == second).float().mean()) - self.agreement)
        super().update(batch, keys)


class TextRows(Rotation):
    """``rotation`` whose rows follow texts alone."""

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return (batch.h_text,)


PARTS: dict[str, type[Strategy]] = {
    "outputs-seen": OutputsSeen,
    "signed-late": SignedLate,
    "signed-rotation": SignedRotation,
    "half-signed-rotation": HalfSignedRotation,
    "rotation-agreeing": RotationAgreeing,
    "text-rows": TextRows,
}


@contextmanager
def in_place_of_momentum(name: str) -> Iterator[str]:
    """The optimizer's name; a part stands in for ``momentum``, since recipes know no other names."""
    if name not in PARTS:
        yield name
        return
    kept = STRATEGIES["momentum"]
    STRATEGIES["momentum"] = PARTS[name]
    try:
        yield "momentum"
    finally:
        STRATEGIES["momentum"] = kept
