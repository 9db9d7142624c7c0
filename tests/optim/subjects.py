"""One table of every optimizer there is: those of a code table, and every map round every base.

A subject builds a trial of itself; the tests of ``test_every_optimizer.py`` run on all of them, those of
``test_targets.py`` on every map round every base. What joins ``tests/optim/kit.py`` or ``tests/optim/binary/kit.py``
joins both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tests.optim.binary.kit import BASES, MAPS, PAIRS
from tests.optim.kit import CASES, Case
from ucch.optim import BinaryOptimizer, CodeBank, deposit

SHAPE = (6, 5)
ALL = slice(None)


@dataclass
class Trial:
    """An optimizer on parameters of its own.

    ``observe(step, rows)`` gives it what a batch, or some of its rows, has to say; ``settle`` does what a training loop
    does once in a while; ``units`` are the tensors of which each must hold two values, -s and s.
    """

    parameters: list[nn.Parameter]
    optimizer: Optimizer
    observe: Callable[[int, slice], None]
    units: Callable[[], Sequence[Tensor]]
    settle: Callable[[], None] = field(default=lambda: None)

    @property
    def binary(self) -> nn.Parameter:
        """The parameter that is, or whose signs are, binary."""
        return self.parameters[0]

    def run(self, steps: range) -> None:
        for step in steps:
            self.observe(step, ALL)
            self.optimizer.step()
            self.optimizer.zero_grad()
            if step % 2:
                self.settle()


@dataclass(frozen=True)
class Subject:
    """How to build a trial; ``unknown`` does so with an option that the optimizer does not have."""

    build: Callable[[int], Trial]
    unknown: Callable[[], object]
    refusal: tuple[type[Exception], str]
    group: dict[str, Any]


def _round(base: str, name: str, seed: int, **options: Any) -> Trial:
    generator = torch.Generator().manual_seed(seed)
    weight, bias = (nn.Parameter(torch.randn(shape, generator=generator)) for shape in (SHAPE, (1, SHAPE[0])))
    build, defaults = BASES[base]
    group = {"params": [weight], "binary": MAPS[name], **options}
    optimizer = BinaryOptimizer(build([group, {"params": [bias]}], **defaults))

    def observe(step: int, rows: slice) -> None:
        generator = torch.Generator().manual_seed(1000 + step)
        x, y = (torch.randn(8, width, generator=generator)[rows] for width in (SHAPE[1], SHAPE[0]))
        ((x @ weight.T + bias).tanh() - y).square().sum().backward()

    def units() -> Sequence[Tensor]:
        shown = weight.detach()
        return list(shown) if "row" in name.split(", ")[1:] else [shown]

    return Trial([weight, bias], optimizer, observe, units)


def _table(case: Case, seed: int, **options: Any) -> Trial:
    bank = CodeBank(8, SHAPE[1], generator=torch.Generator().manual_seed(seed))
    optimizer = case.build(bank.parameters(), **{**case.options, **options})

    def observe(step: int, rows: slice) -> None:
        generator = torch.Generator().manual_seed(1000 + step)
        index = torch.randperm(8, generator=generator)[:6][rows]
        views = torch.randn(6, SHAPE[1], generator=generator)[rows]
        if optimizer.total:
            deposit(bank.latent, index, views)
        else:
            bank.observe(index, views)

    return Trial([bank.latent], optimizer, observe, lambda: [bank.codes()], lambda: case.settle(bank, optimizer))


def _subject_of_pair(base: str, name: str) -> Subject:
    return Subject(
        build=lambda seed: _round(base, name, seed),
        unknown=lambda: _round(base, name, 0, binary_warm_up=3),
        refusal=(ValueError, "options of a binary group are .*, got binary_warm_up"),
        group={"binary": MAPS[name]},
    )


def _subject_of_case(case: Case) -> Subject:
    return Subject(
        build=lambda seed: _table(case, seed),
        unknown=lambda: _table(case, 0, warm_up=3),
        refusal=(TypeError, "unexpected keyword argument 'warm_up'"),
        group=case.options,
    )


SUBJECTS: dict[str, Subject] = {
    **{f"table: {name}": _subject_of_case(case) for name, case in CASES.items()},
    **{f"{base}: {name}": _subject_of_pair(base, name) for base, name in PAIRS},
}
