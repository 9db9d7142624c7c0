"""Cost of one step of a code table against its length: it should be flat.

For each N: drawing the keys of a batch, the loss forward and backward to the outputs, and the move of the table, for a
shared set of negatives. ``momentum`` is ``observe`` and ``MomentumBinary.step`` after tanh queries, with the table in
each dtype and in a mapped file; ``straight-through`` has signed queries and overwrites; ``bop`` sends gradients to
every key and flips binary rows. Beside them stands the same loss on straight-through codes of the batch with no table.

Times are of the processor on one thread, which other work on the machine disturbs least; each row is a process of its
own and each step's rows are drawn anywhere in the table. ``ratio`` is to the first row of the same kind. ``create``,
``steps`` and ``save`` MiB are what each adds at its peak to the memory the process had before it; in ``create`` that
includes the table.

    python benchmarks/bench_table.py            # N = 10^4 .. 10^7; 3 GB of memory, 3 GB of disk
    python benchmarks/bench_table.py --quick    # up to 10^5

benchmarks/notes_table.md has the figures and what follows from them.
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
from ucch.optim import Bop, CodeBank, MomentumBinary, in_batch_keys, observe_keys

SIZES = (10**4, 10**5, 10**6, 10**7)
TEMPERATURE = 0.9
# kind of row: the rule, how the table is stored, how many of SIZES (averages of Bop double its memory)
KINDS = {
    "momentum": ("momentum", "float32", 4),
    "momentum bfloat16": ("momentum", "bfloat16", 4),
    "momentum int8": ("momentum", "int8", 4),
    "momentum file": ("momentum", "file", 4),
    "straight-through": ("straight-through", "float32", 4),
    "bop": ("bop", "float32", 3),
}


class TableStep:
    """One training step of a table of N rows, without towers."""

    def __init__(self, rule: str, bank: CodeBank, n_negatives: int) -> None:
        self.rule, self.bank, self.n_negatives = rule, bank, n_negatives
        momentum = 0.0 if rule == "straight-through" else 0.4
        self.binary = Bop(bank.parameters()) if rule == "bop" else MomentumBinary(bank.parameters(), momentum=momentum)
        self.parts: dict[str, list[float]] = {"keys": [], "loss": [], "update": []}

    def __call__(self, index: Tensor, u_image: Tensor, u_text: Tensor) -> None:
        times = [time.process_time()]
        keys = self.bank.keys(index, n_negatives=self.n_negatives)
        times.append(time.process_time())
        queries = signed(u_image, u_text) if self.rule == "straight-through" else (u_image, u_text)
        contrastive_hashing_loss(*queries, keys, temperature=TEMPERATURE).backward()
        times.append(time.process_time())
        if self.rule == "bop":
            observe_keys(self.bank.latent, index, keys, queries, temperature=TEMPERATURE)
        else:
            self.bank.observe(index, u_image, u_text)
        self.binary.step()
        times.append(time.process_time())
        for name, start, end in zip(self.parts, times, times[1:], strict=False):
            self.parts[name].append(end - start)


def signed(*views: Tensor) -> tuple[Tensor, ...]:
    """Straight-through codes of unit length."""
    length = views[0].shape[1] ** 0.5
    return tuple(h + (sign(h) / length - h).detach() for h in views)


def straight_through_step(index: Tensor, u_image: Tensor, u_text: Tensor) -> None:
    """The loss on straight-through codes with the batch's own codes as keys; no table."""
    contrastive_hashing_loss(*signed(u_image, u_text), in_batch_keys(u_image, u_text)).backward()


def measure(step: Callable[[Tensor, Tensor, Tensor], None], n_codes: int, options: argparse.Namespace) -> list[float]:
    """Seconds of each step after three that warm up."""
    generator = torch.Generator().manual_seed(1)
    seconds = []
    for number in range(options.repeat + 3):
        index = torch.randint(n_codes, (options.batch,), generator=generator)
        u_image, u_text = (
            normalize(torch.randn(options.batch, options.bits, generator=generator), dim=1).requires_grad_()
            for _ in range(2)
        )
        start = time.process_time()
        step(index, u_image, u_text)
        if number >= 3:
            seconds.append(time.process_time() - start)
    return seconds


def resident(field: str) -> float:
    """A field of /proc/self/status in MiB: VmRSS, resident now, or VmHWM, its highest value so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def make_bank(store: str, options: argparse.Namespace, folder: str) -> CodeBank:
    if store == "file":
        return CodeBank.create_file(Path(folder) / "table", options.rows, options.bits)
    return CodeBank(options.rows, options.bits, dtype=getattr(torch, store))


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
    rule, store, _ = KINDS[options.kind]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        with Peak() as create:
            bank = make_bank(store, options, folder)
        step = TableStep(rule, bank, options.negatives)
        measure(step, options.rows, options)  # what torch allocates once
        step.parts = {name: [] for name in step.parts}
        with Peak() as steps:
            seconds = measure(step, options.rows, options)
        with Peak() as save:
            if store == "file":
                bank.flush()
            else:
                bank.save(Path(folder) / "saved")
    row = {name: 1e3 * statistics.median(values) for name, values in step.parts.items()}
    row |= {"ms": 1e3 * statistics.median(seconds), "create_s": create.seconds, "save_s": save.seconds}
    return row | {"create_mib": create.mib, "steps_mib": steps.mib, "save_mib": save.mib}


def table_row(kind: str, n_codes: int, argv: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, *argv, "--kind", kind, "--rows", str(n_codes)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


COLUMNS = (  # title, width, decimals, key
    ("ms/step", 9, 2, "ms"), ("ratio", 7, 2, "ratio"), ("keys", 7, 2, "keys"), ("loss", 7, 2, "loss"),
    ("update", 8, 2, "update"), ("steps MiB", 11, 1, "steps_mib"), ("create s", 10, 2, "create_s"),
    ("MiB", 6, 0, "create_mib"), ("save s", 8, 2, "save_s"), ("MiB", 5, 0, "save_mib"),
)  # fmt: skip


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true", help="N up to 10^5, fewer repeats")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--negatives", type=int, default=4096)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--folder", help="where table files go; the system's temporary folder by default")
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(["--repeat", "10", *argv] if "--quick" in argv else argv)
    torch.set_num_threads(1)
    if options.kind:
        print(json.dumps(one_row(options)))
        return
    print(
        f"one step of the table, B={options.batch} K={options.negatives} D={options.bits},"
        f" one thread, medians of {options.repeat}, processor milliseconds"
    )
    base = 1e3 * statistics.median(measure(straight_through_step, 1, options))
    print(f"straight-through, in-batch keys, no table: {base:.2f} ms")
    print(f"{'table':<18}{'N':>10}" + "".join(f"{title:>{width}}" for title, width, _, _ in COLUMNS))
    for kind, (_, _, n_sizes) in KINDS.items():
        first = 0.0
        for n_codes in SIZES[: 2 if options.quick else n_sizes]:
            row = table_row(kind, n_codes, argv)
            first = first or row["ms"]
            row["ratio"] = row["ms"] / first
            cells = "".join(f"{row[key]:>{width}.{decimals}f}" for _, width, decimals, key in COLUMNS)
            print(f"{kind:<18}{n_codes:>10,}{cells}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
