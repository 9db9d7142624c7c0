"""One table of all optimizers of a code table: how to build each, and how to give it a made batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import normalize

from ucch.optim import Bop, CodeBank, DiscreteCodes, MomentumBinary, TableOptimizer, numbered_keys, observe_keys


@dataclass(frozen=True)
class Case:
    """One optimizer as the shared tests use it.

    ``observe(bank, optimizer, seed)`` deposits a made batch; ``settle`` does what a training loop does once in a
    while; ``late`` is an option that an older state does not have, with its default.
    """

    build: Callable[..., TableOptimizer]
    options: dict[str, Any]
    wrong: dict[str, Any]
    message: str
    late: tuple[str, Any]
    observe: Callable[[CodeBank, TableOptimizer, int], None]
    settle: Callable[[CodeBank, TableOptimizer], None]
    dtypes: dict[str, torch.dtype]


def _views(bank: CodeBank, optimizer: TableOptimizer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(bank.n_codes, (5,), generator=generator)
    bank.observe(index, *(torch.randn(5, bank.n_bits, generator=generator) for _ in range(2)))


def _key_gradients(bank: CodeBank, optimizer: TableOptimizer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(bank.n_codes, (5,), generator=generator)
    keys = numbered_keys(bank, index, n_negatives=4, generator=generator)
    queries = [normalize(torch.randn(5, bank.n_bits, generator=generator), dim=1) for _ in range(2)]
    observe_keys(bank.latent, keys, queries, temperature=0.5)


def _refresh(bank: CodeBank, optimizer: TableOptimizer) -> None:
    assert isinstance(optimizer, DiscreteCodes)
    target = torch.randn(bank.n_codes, 3, generator=torch.Generator().manual_seed(7))
    optimizer.refresh(bank.latent, target)


def _nothing(bank: CodeBank, optimizer: TableOptimizer) -> None:
    return None


COUNTS = dict.fromkeys(("step", "flips", "rows"), torch.int64)
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
    ),
}
