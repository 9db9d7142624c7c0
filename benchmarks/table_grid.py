"""Every table optimizer, dtype, width and kind of batch against a float64 loop: ``python benchmarks/table_grid.py``.

Three steps each, a row at a time in plain float64, as the rules are written in their docstrings. Of a float32 table the
rows must agree to 2e-6 of their length; of bfloat16 and int8 tables, which round once a step, to that rounding. A
row that is no finite number must stay bit for bit as it was. Prints how many cases and rows were compared, and
leaves with an error where one differs.
"""

from __future__ import annotations

import sys
import warnings
from itertools import product
from math import sqrt

import torch
from torch import Tensor

from ucch.optim import Bop, CodeBank, DiscreteCodes, MomentumBinary, TableOptimizer, deposit

N_CODES, N_STEPS = 9, 3
DTYPES = (torch.float32, torch.bfloat16, torch.int8)
WIDTHS = (1, 7, 32, 64, 100, 128, 512)
BATCHES = {
    "one view": ([4, 7, 2], 1),
    "two views": ([4, 7, 2], 2),
    "three views": ([0, 8, 5], 3),
    "duplicates": ([4, 4, 2, 4], 2),
    "empty": ([], 1),
    "a NaN row": ([4, 7, 2], 2),
}
OPTIMIZERS: dict[str, tuple[type[TableOptimizer], dict[str, float]]] = {
    "momentum": (MomentumBinary, {"momentum": 0.4}),
    "momentum, not normalised": (MomentumBinary, {"momentum": 0.4, "normalize": False}),
    "bop": (Bop, {"gamma": 0.5, "threshold": 0.05}),
    "discrete": (DiscreteCodes, {"momentum": 0.4}),
}


def main() -> None:
    """Run the grid and print the count."""
    cases = rows = 0
    worst: dict[torch.dtype, float] = {}
    for (name, (build, options)), dtype, n_bits, kind in product(OPTIMIZERS.items(), DTYPES, WIDTHS, BATCHES):
        error, compared = difference(build, options, dtype, n_bits, kind)
        allowed = {torch.float32: 2e-6, torch.bfloat16: 2**-6, torch.int8: 1.5 / 32}[dtype]
        if not error <= allowed:
            sys.exit(f"{name}, {dtype}, {n_bits} bits, {kind}: off by {error:.3g} of 1/sqrt(D), allowed {allowed:.3g}")
        cases, rows, worst[dtype] = cases + 1, rows + compared, max(error, worst.get(dtype, 0.0))
    print(f"{cases} cases, {rows} rows compared with a float64 loop, none differs; largest difference in 1/sqrt(D):")
    for dtype, error in worst.items():
        print(f"  {str(dtype).removeprefix('torch.'):<9} {error:.2g}")


def difference(
    build: type[TableOptimizer], options: dict[str, float], dtype: torch.dtype, n_bits: int, kind: str
) -> tuple[float, int]:
    """Largest difference of a row to the loop, in units of ``1/sqrt(D)``, over the steps; and the rows compared."""
    generator = torch.Generator().manual_seed(n_bits)
    bank = CodeBank(N_CODES, n_bits, dtype=dtype, generator=generator)
    optimizer = build(bank.parameters(), **options)
    memory = [torch.nn.functional.normalize(row, dim=0) for row in bank.values().double()]
    average, seen = [torch.zeros(n_bits, dtype=torch.float64) for _ in range(N_CODES)], [0] * N_CODES
    index, n_views = BATCHES[kind]
    worst, compared = 0.0, 0
    for step in range(1, N_STEPS + 1):
        views = [torch.randn(len(index), n_bits, generator=generator) / sqrt(n_bits) for _ in range(n_views)]
        if kind == "a NaN row":
            views[0][1] = float("nan")
        before, stored = bank.values().double(), bank.latent.detach().clone()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if build is Bop:
                deposit(bank.latent, torch.tensor(index, dtype=torch.int64), sum(views) / len(views))
            else:
                bank.observe(torch.tensor(index, dtype=torch.int64), *views)
            optimizer.step()
        held = optimizer.state[bank.latent]["memory"] if build is DiscreteCodes else bank.values()
        for row in range(N_CODES):
            seen_here = [
                sum(view[place].double() for view in views) / n_views for place, r in enumerate(index) if r == row
            ]
            if not seen_here or any(not bool(value.isfinite().all()) for value in seen_here):
                if build is not DiscreteCodes and not torch.equal(bank.latent[row], stored[row]):
                    return float("inf"), compared
                continue
            if build is Bop:
                expected = flipped(before[row], average, seen, row, sum(seen_here), step, options)
            else:
                old = memory[row] if build is DiscreteCodes else before[row]
                mean = sum(seen_here) / len(seen_here)
                expected = followed(old, mean, options["momentum"], bool(options.get("normalize", True)))
                memory[row] = expected
            worst = max(worst, float((held[row].double() - expected).abs().max()) * sqrt(n_bits))
            compared += 1
    return worst, compared


def followed(old: Tensor, target: Tensor, momentum: float, normalize: bool) -> Tensor:
    """Momentum's rule for one row."""
    if not normalize:
        return momentum * old + (1 - momentum) * target
    new = momentum * old + (1 - momentum) * target / target.norm()
    return new / new.norm()


def flipped(
    old: Tensor, average: list[Tensor], seen: list[int], row: int, grad: Tensor, step: int, options: dict[str, float]
) -> Tensor:
    """Bop's rule for one row; averages decay at every step since the row was seen."""
    gamma, threshold = options["gamma"], options["threshold"]
    average[row] = (1 - gamma) ** (step - seen[row]) * average[row] + gamma * grad
    seen[row] = step
    return torch.where(old * average[row] > threshold * old.abs(), -old, old)


if __name__ == "__main__":
    main()
