"""One table of all optimizers of a code table: how to build each, and how to give it a made batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import normalize

from ucch.optim import Bop, CodeBank, DiscreteCodes, MomentumBinary, TableOptimizer, deposit, observe_keys

Row = tuple[float, float]
Worked = tuple[dict[str, Any], Row, Sequence[tuple[Row, Row, int]]]


@dataclass(frozen=True)
class Case:
    """One optimizer as the shared tests use it.

    ``observe(bank, optimizer, seed)`` deposits a made batch; ``settle`` does what a training loop does once in a
    while; ``late`` is an option that an older state does not have, with its default. ``move(bank, optimizer, values)``
    brings two numbers to the one row of a table of 2 bits and lets the codes follow. ``worked`` is worked out by hand:
    options, the row's start, and for every move its numbers, the codes and the flips so far that it must give; ``tie``
    the same for a move that ends exactly between two codes.
    """

    build: Callable[..., TableOptimizer]
    options: dict[str, Any]
    wrong: dict[str, Any]
    message: str
    late: tuple[str, Any]
    observe: Callable[[CodeBank, TableOptimizer, int], None]
    settle: Callable[[CodeBank, TableOptimizer], None]
    dtypes: dict[str, torch.dtype]
    move: Callable[[CodeBank, TableOptimizer, Row], None]
    worked: Worked
    tie: Worked


def _views(bank: CodeBank, optimizer: TableOptimizer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(bank.n_codes, (5,), generator=generator)
    bank.observe(index, *(torch.randn(5, bank.n_bits, generator=generator) for _ in range(2)))


def _key_gradients(bank: CodeBank, optimizer: TableOptimizer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(bank.n_codes, (5,), generator=generator)
    keys = bank.keys(index, n_negatives=4, generator=generator)
    queries = [normalize(torch.randn(5, bank.n_bits, generator=generator), dim=1) for _ in range(2)]
    observe_keys(bank.latent, index, keys, queries, temperature=0.5)


def _refresh(bank: CodeBank, optimizer: TableOptimizer) -> None:
    assert isinstance(optimizer, DiscreteCodes)
    target = torch.randn(bank.n_codes, 3, generator=torch.Generator().manual_seed(7))
    optimizer.refresh(bank.latent, target)


def _nothing(bank: CodeBank, optimizer: TableOptimizer) -> None:
    return None


def _observe_row(bank: CodeBank, optimizer: TableOptimizer, values: Row) -> None:
    bank.observe(torch.tensor([0]), torch.tensor([values]))
    optimizer.step()


def _row_gradient(bank: CodeBank, optimizer: TableOptimizer, values: Row) -> None:
    deposit(bank.latent, torch.tensor([0]), torch.tensor([values]))
    optimizer.step()


def _observe_and_solve(bank: CodeBank, optimizer: TableOptimizer, values: Row) -> None:
    assert isinstance(optimizer, DiscreteCodes)
    _observe_row(bank, optimizer, values)
    optimizer.refresh(bank.latent, torch.zeros(1, 1))  # a zero target: the codes nearest to the memory


COUNTS = dict.fromkeys(("step", "flips", "rows", "nonfinite"), torch.int64)
CASES: dict[str, Case] = {
    "momentum": Case(
        build=MomentumBinary,
        options={"momentum": 0.6, "normalize": False},
        wrong={"momentum": 1.0},
        message=r"momentum must lie in \[0\.0, 1\.0\), got 1\.0",
        late=("normalize", True),
        observe=_views,
        settle=_nothing,
        dtypes=COUNTS,
        move=_observe_row,
        # v = (v + t) / 2: (.1, -.3), (-.2, -.1), (.2, .2)
        worked=(
            {"momentum": 0.5, "normalize": False},
            (0.4, -0.4),
            [((-0.2, -0.2), (1, -1), 0), ((-0.5, 0.1), (-1, -1), 1), ((0.6, 0.5), (1, 1), 3)],
        ),
        tie=({"momentum": 0.5, "normalize": False}, (0.5, -0.5), [((-0.5, 0.5), (1, 1), 1)]),  # sign(0) = +1
    ),
    "bop": Case(
        build=Bop,
        options={"gamma": 0.3, "threshold": 0.01},
        wrong={"threshold": -1.0},
        message=r"threshold must lie in \[0\.0, inf\), got -1\.0",
        late=("threshold", 1e-8),
        observe=_key_gradients,
        settle=_nothing,
        dtypes={**COUNTS, "average": torch.float32, "seen": torch.int64},
        move=_row_gradient,
        # m = (m + g) / 2: (.05, .05), (.175, .175), (-.1625, -.1625); a bit k flips where k m > .1
        worked=(
            {"gamma": 0.5, "threshold": 0.1},
            (0.5, -0.5),
            [((0.1, 0.1), (1, -1), 0), ((0.3, 0.3), (-1, -1), 1), ((-0.5, -0.5), (1, 1), 3)],
        ),
        tie=({"gamma": 0.5, "threshold": 0.25}, (0.5, -0.5), [((0.5, -0.5), (1, -1), 0)]),  # k m = threshold: no flip
    ),
    "discrete": Case(
        build=DiscreteCodes,
        options={"momentum": 0.6, "eta": 0.5},
        wrong={"eta": -1.0},
        message=r"eta must lie in \[0\.0, inf\), got -1\.0",
        late=("n_sweeps", 10),
        observe=_views,
        settle=_refresh,
        dtypes={**COUNTS, "refreshed": torch.int64, "memory": torch.float32},
        move=_observe_and_solve,
        # memory = unit(t): (.6, -.8), (-.6, -.8), (.6, .8)
        worked=(
            {"momentum": 0.0},
            (0.5, -0.5),
            [((3.0, -4.0), (1, -1), 0), ((-3.0, -4.0), (-1, -1), 1), ((3.0, 4.0), (1, 1), 3)],
        ),
        tie=({"momentum": 0.0}, (-0.5, -0.5), [((-3.0, -4.0), (-1, -1), 0), ((0.0, 1.0), (-1, 1), 1)]),  # the bit stays
    ),
}
