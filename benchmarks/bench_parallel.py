"""Step time and bytes exchanged of training on several processes: table replicated or cut by rows, W = 1, 2.

    python benchmarks/bench_parallel.py                      # this machine, gloo over loopback
    python benchmarks/bench_parallel.py --extrapolate        # the formula only: 8 and 64 processes, 10^9 rows

Each W is one ``torchrun``. Bytes are what the loopback device of a network namespace of their own carried, all
protocol overhead included, divided by W and by the steps; without ``unshare`` (root, Linux) they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

BITS, NEGATIVES, WIDTH, IMAGE, TEXT = 64, 4096, 1024, 512, 300


def n_parameters() -> int:
    """P of the towers below."""
    sizes = [(IMAGE, WIDTH), (WIDTH, WIDTH), (WIDTH, BITS), (TEXT, WIDTH), (WIDTH, BITS)]
    return sum(a * b + b for a, b in sizes)


def step_bytes(
    world: int, batch: int, *, sharded: bool, bits: int = BITS, negatives: int = NEGATIVES
) -> dict[str, int]:
    """Bytes that reach a process in one step, by what they carry.

    A ring all-reduce of n bytes brings 2 (W-1)/W n to each process, a gathering of n bytes in all (W-1)/W n.
    """
    ring, gather = 2 * (world - 1) / world, (world - 1) / world
    queries = 2 * 4 * batch * bits
    keys = (batch + negatives) * -(-bits // 8) + 8 * batch
    parts = {
        "gradients": ring * 4 * n_parameters(),
        "queries": gather * queries + ring * queries,  # forward, backward
        "views for the table": gather * 4 * batch * bits,
        "keys": gather * keys if sharded else 0,
    }
    return {name: round(value) for name, value in parts.items()}


def measure(arguments: argparse.Namespace) -> None:
    """In a process of torchrun: train, and have the first one print what it saw."""
    import numpy as np
    import torch

    from ucch.data import Pairs
    from ucch.recipe import load_recipe
    from ucch.training import Trainer, processes

    rng = np.random.default_rng(0)
    n = arguments.rows
    pairs = Pairs(rng.normal(size=(n, IMAGE)).astype(np.float32), rng.normal(size=(n, TEXT)).astype(np.float32))
    settings = [f"bits={BITS}", f"width={WIDTH}", f"n_negatives={NEGATIVES}", f"batch_size={arguments.batch}"]
    settings += ["warmup_epochs=0", "epochs=100", f"placement={arguments.placement}"]
    torch.set_num_threads(1)
    with processes(torch.device("cpu")) as world:
        trainer = Trainer(load_recipe("default", settings), pairs, world=world)
        times: list[float] = []
        trainer.train_epoch(lambda _: times.append(time.perf_counter()))
        before, first = carried(), len(times)
        for _ in range(arguments.epochs):
            times.append(time.perf_counter())
            trainer.train_epoch(lambda _: times.append(time.perf_counter()))
        world.wait()
        if world.rank:
            return
        per_epoch = trainer.steps_per_epoch + 1
        marks = [times[first + i * per_epoch : first + (i + 1) * per_epoch] for i in range(arguments.epochs)]
        steps = [b - a for epoch in marks for a, b in pairwise(epoch)]
        after = carried()
        figures = {
            "seconds": statistics.median(steps),
            "least": min(steps),
            "steps": len(steps),
            "bytes": None if before is None or after is None else (after - before) / len(steps) / world.size,
            "table_mib": trainer.bank.latent.numel() * 4 / 2**20,
        }
        print(json.dumps(figures))


def carried() -> int | None:
    """Bytes the loopback device has carried since it was made; None where others may use it too."""
    if "UCCH_OWN_NETWORK" not in os.environ:
        return None
    line = next(line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith("lo:"))
    return int(line.split(":")[1].split()[0])


def run(world: int, placement: str, arguments: argparse.Namespace) -> dict[str, float]:
    """One torchrun, in a network of its own where that is allowed."""
    options = ["--batch", str(arguments.batch), "--rows", str(arguments.rows), "--epochs", str(arguments.epochs)]
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(world)]
    launch += ["--master-addr", "127.0.0.1", "--master-port", "29511"]
    launch += [str(Path(__file__).resolve()), "--inside", placement, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    if own_network():
        environment["UCCH_OWN_NETWORK"] = "1"
        launch = ["unshare", "-n", "sh", "-c", 'python3 -c "$0" && exec "$@"', LOOPBACK_UP, *launch]
    done = subprocess.run(launch, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


LOOPBACK_UP = (
    "import fcntl,socket,struct;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
    "fcntl.ioctl(s,0x8914,struct.pack('16sH14x',b'lo',0x41))"  # SIOCSIFFLAGS: up, running
)


def own_network() -> bool:
    """Whether a network namespace can be made here."""
    return (
        shutil.which("unshare") is not None and subprocess.run(["unshare", "-n", "true"], check=False).returncode == 0
    )


def table(arguments: argparse.Namespace) -> None:
    sizes = f"B = {arguments.batch}, K = {NEGATIVES}, D = {BITS}, N = {arguments.rows:,}"
    print(f"P = {n_parameters():,} parameters, {sizes}\n")
    print("| processes | table | step, median ms | least ms | MB per process and step, measured | by the formula |")
    print("|---|---|---|---|---|---|")
    for world, placement in ((1, "replicated"), (2, "replicated"), (2, "sharded")):
        figures = run(world, placement, arguments)
        found = "" if figures["bytes"] is None else f"{figures['bytes'] / 1e6:.3f}"
        expected = sum(step_bytes(world, arguments.batch, sharded=placement == "sharded").values()) / 1e6
        where = "whole" if world == 1 else placement
        times = f"{1e3 * figures['seconds']:.1f} | {1e3 * figures['least']:.1f}"
        print(f"| {world} | {where} | {times} | {found} | {expected:.3f} |", flush=True)


def extrapolate(arguments: argparse.Namespace) -> None:
    n = 10**9
    print("Computed, 256 pairs per process, N = 10^9, D = 64:\n")
    names = ("gradients", "queries", "views for the table", "keys")
    print(f"| processes | table | {' | '.join(f'{name}, MB' for name in names)} | sum, MB | table, GB each |")
    print("|---|---|---|---|---|---|---|---|")
    for world in (2, 8, 64):
        for placement in ("replicated", "sharded"):
            parts = step_bytes(world, 256 * world, sharded=placement == "sharded")
            numbers = [f"{parts[name] / 1e6:.2f}" for name in names]
            memory = 4 * n * BITS / (world if placement == "sharded" else 1) / 1e9
            print(f"| {world} | {placement} | {' | '.join(numbers)} | {sum(parts.values()) / 1e6:.2f} | {memory:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--inside", dest="placement", help=argparse.SUPPRESS)
    parser.add_argument("--extrapolate", action="store_true", help="print the formula's numbers only")
    parser.add_argument("--batch", type=int, default=256, help="pairs of all processes together")
    parser.add_argument("--rows", type=int, default=20 * 256, help="N")
    parser.add_argument("--epochs", type=int, default=3, help="measured; one more goes before")
    arguments = parser.parse_args()
    if arguments.placement:
        measure(arguments)
        return
    if not arguments.extrapolate:
        table(arguments)
        print()
    extrapolate(arguments)


if __name__ == "__main__":
    main()
