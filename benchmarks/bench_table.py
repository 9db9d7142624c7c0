"""Cost of one step of a code table against its length: it should be flat.

For each N: drawing the keys of a batch, the loss forward and backward to the outputs, ``observe`` and
``MomentumBinary.step``, for a shared set of negatives; beside it the same loss on straight-through codes of the batch
with no table at all. Times are of the processor on one thread, which other work on the machine disturbs least; each
row is a process of its own and each step's rows are drawn anywhere in the table. ``create``, ``steps`` and ``save``
MiB are what each adds at its peak to the memory the process had before it; in ``create`` that includes the table.

    python benchmarks/bench_table.py            # N = 10^4 .. 10^7, float32, int8 and a mapped file; 3 GB of memory
    python benchmarks/bench_table.py --quick    # up to 10^5

benchmarks/notes_table.md says what was tried and what it gave.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ucch.codes import sign
from ucch.losses import contrastive_hashing_loss
from ucch.optim import CodeBank, MomentumBinary, in_batch_keys

STORES = ("float32", "bfloat16", "int8", "file")


class TableStep:
    """One training step of a table of N rows, without towers."""

    def __init__(self, bank: CodeBank, options: argparse.Namespace) -> None:
        self.bank, self.options = bank, options
        self.binary = MomentumBinary(bank.parameters())
        self.parts: dict[str, list[float]] = {"keys": [], "loss": [], "update": []}

    def __call__(self, index: Tensor, h_image: Tensor, h_text: Tensor) -> None:
        times = [time.process_time()]
        keys = self.bank.keys(index, n_negatives=self.options.negatives)
        times.append(time.process_time())
        contrastive_hashing_loss(h_image, h_text, keys).backward()
        times.append(time.process_time())
        self.bank.observe(index, h_image, h_text)
        self.binary.step()
        times.append(time.process_time())
        for name, start, end in zip(self.parts, times, times[1:], strict=False):
            self.parts[name].append(end - start)


def straight_through_step(index: Tensor, h_image: Tensor, h_text: Tensor) -> None:
    """The loss on straight-through codes with the batch's own codes as keys; no table."""
    length = h_image.shape[1] ** 0.5
    codes = [h + (sign(h) / length - h).detach() for h in (h_image, h_text)]
    contrastive_hashing_loss(codes[0], codes[1], in_batch_keys(h_image, h_text)).backward()


def measure(step: Callable[[Tensor, Tensor, Tensor], None], n_codes: int, options: argparse.Namespace) -> list[float]:
    """Seconds of each step after three that warm up."""
    generator = torch.Generator().manual_seed(1)
    seconds = []
    for number in range(options.repeat + 3):
        index = torch.randint(n_codes, (options.batch,), generator=generator)
        h_image, h_text = (
            normalize(torch.randn(options.batch, options.bits, generator=generator), dim=1).requires_grad_()
            for _ in range(2)
        )
        start = time.process_time()
        step(index, h_image, h_text)
        if number >= 3:
            seconds.append(time.process_time() - start)
    return seconds


def resident(field: str) -> float:
    """A field of /proc/self/status in MiB: VmRSS, resident now, or VmHWM, its highest value so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def make_bank(options: argparse.Namespace, folder: str) -> CodeBank:
    if options.store == "file":
        return CodeBank.create_file(Path(folder) / "table", options.rows, options.bits)
    return CodeBank(options.rows, options.bits, dtype=getattr(torch, options.store))


class Peak:
    """What the block adds at its peak to the memory resident before it (Linux)."""

    def __enter__(self) -> Peak:
        Path("/proc/self/clear_refs").write_text("5")  # the highest value starts again from here
        self.before, self.start = resident("VmRSS"), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.mib, self.seconds = resident("VmHWM") - self.before, time.process_time() - self.start


def one_row(options: argparse.Namespace) -> dict[str, float]:
    """Create, step and save one table."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        with Peak() as create:
            bank = make_bank(options, folder)
        step = TableStep(bank, options)
        measure(step, options.rows, options)  # what torch allocates once
        step.parts = {name: [] for name in step.parts}
        with Peak() as steps:
            seconds = measure(step, options.rows, options)
        with Peak() as save:
            if options.store == "file":
                bank.flush()
            else:
                bank.save(Path(folder) / "saved")
    row = {name: 1e3 * statistics.median(values) for name, values in step.parts.items()}
    row |= {"ms": 1e3 * statistics.median(seconds), "create_s": create.seconds, "save_s": save.seconds}
    return row | {"create_mib": create.mib, "steps_mib": steps.mib, "save_mib": save.mib}


def table_row(store: str, n_codes: int, argv: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, *argv, "--store", store, "--rows", str(n_codes)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="N up to 10^5, fewer repeats")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--negatives", type=int, default=4096)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--folder", help="where table files go; the system's temporary folder by default")
    parser.add_argument("--store", choices=STORES, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    if options.store:
        print(json.dumps(one_row(options)))
        return
    if options.quick:
        argv = [*argv, "--repeat", "10"]
    print(
        f"one step of the table, B={options.batch} K={options.negatives} D={options.bits},"
        f" one thread, medians of {options.repeat}, processor milliseconds"
    )
    base = 1e3 * statistics.median(measure(straight_through_step, 1, options))
    print(f"straight-through, in-batch keys, no table: {base:.2f} ms")
    print(f"{'store':<9}{'N':>10}{'ms/step':>9}{'keys':>7}{'loss':>7}{'update':>8}{'steps MiB':>11}", end="")
    print(f"{'create s':>10}{'MiB':>6}{'save s':>8}{'MiB':>5}")
    for store in ("float32", "int8") if options.quick else STORES:
        for n_codes in (10**4, 10**5) if options.quick else (10**4, 10**5, 10**6, 10**7):
            row = table_row(store, n_codes, argv)
            print(f"{store:<9}{n_codes:>10,}{row['ms']:>9.2f}{row['keys']:>7.2f}{row['loss']:>7.2f}", end="")
            print(
                f"{row['update']:>8.2f}{row['steps_mib']:>11.1f}{row['create_s']:>10.2f}{row['create_mib']:>6.0f}",
                end="",
            )
            print(f"{row['save_s']:>8.2f}{row['save_mib']:>5.0f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
