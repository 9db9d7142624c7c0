"""One contrastive step, forward and backward, against a plain gather written from the equations.

    python benchmarks/bench_contrastive.py [--batch 256] [--negatives 4096] [--rows 18015] [--bits 128] [--repeat 7]

Prints time, speed-up and peak memory of each form, and how far its logits stand from those of the gather. Every form
runs in a process of its own, so that peaks do not mix; times are medians taken in turns, form after form.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from ucch.losses import contrastive_hashing_logits, contrastive_hashing_loss
from ucch.optim import CodeBank, Keys

TEMPERATURE = 0.9
FORMS = ("gather", "per_anchor", "shared")


def gather_logits(h: Tensor, table: Tensor, index: Tensor, columns: Tensor) -> Tensor:
    """Eq. 4 as it is usually written: gather B x (1 + K) rows of the table, sign them, multiply."""
    rows = torch.cat([index[:, None], columns], dim=1)  # (B, 1+K)
    keys = table[rows.flatten()].reshape(*rows.shape, -1)  # (B, 1+K, D), a copy
    keys = torch.where(keys >= 0, 1.0, -1.0)
    return torch.einsum("bkd,bd->bk", keys, h) / (TEMPERATURE * h.shape[1] ** 0.5)


class Problem:
    """A batch, a table, and the rows drawn for each anchor, the same in every process."""

    def __init__(self, options: argparse.Namespace) -> None:
        generator = torch.Generator().manual_seed(0)
        self.bank = CodeBank(options.rows, options.bits, generator=generator)
        self.h_image, self.h_text = (
            normalize(torch.randn(options.batch, options.bits, generator=generator), dim=1).requires_grad_()
            for _ in range(2)
        )
        self.index = torch.randint(options.rows, (options.batch,), generator=generator)
        self.columns = torch.randint(options.rows, (options.batch, options.negatives), generator=generator)
        self.n_negatives = options.negatives
        self.draw = torch.Generator()

    def keys(self, negatives: str) -> Keys:
        self.draw.manual_seed(1)
        return self.bank.keys(
            self.index, n_negatives=self.n_negatives, negatives=negatives, mask_own=False, generator=self.draw
        )

    def loss(self, form: str) -> Tensor:
        if form != "gather":
            return contrastive_hashing_loss(self.h_image, self.h_text, self.keys(form), temperature=TEMPERATURE)
        self.draw.manual_seed(1)
        columns = torch.randint(self.bank.n_codes, self.columns.shape, generator=self.draw)
        own = torch.zeros(len(self.index), dtype=torch.int64)
        table = self.bank.latent.detach()
        return sum(
            (cross_entropy(gather_logits(h, table, self.index, columns), own) for h in (self.h_image, self.h_text)),
            torch.zeros(()),
        )

    def step(self, form: str) -> float:
        start = time.perf_counter()
        self.loss(form).backward()
        return time.perf_counter() - start

    def logit_difference(self, form: str) -> float:
        """Largest difference to a gather of the very rows that this form compares with."""
        keys = self.keys(form)
        table = self.bank.latent.detach()
        worst = 0.0
        for h in (self.h_image, self.h_text):
            ours = contrastive_hashing_logits(h, keys, temperature=TEMPERATURE)
            if keys.columns is not None:
                plain = gather_logits(h, table, self.index, keys.columns)
            else:
                compared = torch.cat([self.bank.codes(self.index), keys.negatives])
                rows = torch.arange(self.n_negatives) + len(self.index)
                plain = gather_logits(h, compared, torch.arange(len(self.index)), rows.expand(len(self.index), -1))
            worst = max(worst, float((ours - plain).detach().abs().max()))
        return worst


def peak_memory(form: str, argv: list[str]) -> float:
    """MiB that one step adds to a process of its own."""
    out = subprocess.run(
        [sys.executable, __file__, *argv, "--peak", form], capture_output=True, text=True, check=True
    ).stdout
    return float(json.loads(out))


def resident(field: str) -> float:
    """A field of /proc/self/status in MiB: VmRSS, resident now, or VmHWM, its highest value so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def measure_peak(problem: Problem, form: str) -> float:
    Path("/proc/self/clear_refs").write_text("5")  # the highest value starts again from here (Linux)
    before = resident("VmRSS")
    problem.step(form)
    return resident("VmHWM") - before


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--negatives", type=int, default=4096)
    parser.add_argument("--rows", type=int, default=18015)
    parser.add_argument("--bits", type=int, default=128)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--peak", choices=FORMS, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    problem = Problem(options)
    if options.peak:
        print(measure_peak(problem, options.peak))
        return
    print(
        f"contrastive step, B={options.batch} K={options.negatives} N={options.rows} D={options.bits},"
        f" {torch.get_num_threads()} threads, medians of {options.repeat}"
    )
    times: dict[str, list[float]] = {form: [] for form in FORMS}
    for _ in range(options.repeat + 1):
        for form in FORMS:
            times[form].append(problem.step(form))
    seconds = {form: statistics.median(values[1:]) for form, values in times.items()}
    peaks = {form: peak_memory(form, argv) for form in FORMS}
    print(f"{'form':<12}{'ms':>9}{'faster':>9}{'peak MiB':>10}{'of gather':>11}{'logits off by':>15}")
    for form in FORMS:
        off = f"{problem.logit_difference(form):.1e}" if form != "gather" else "-"
        print(
            f"{form:<12}{1e3 * seconds[form]:>9.1f}{seconds['gather'] / seconds[form]:>8.1f}x"
            f"{peaks[form]:>10.0f}{peaks[form] / peaks['gather']:>11.3f}{off:>15}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
