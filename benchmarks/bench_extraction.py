"""Photographs per second of extraction: decoding alone and with a network, in this process and with 1 and 2 workers.

    python benchmarks/bench_extraction.py [FOLDER]

Without a folder, 200 JPEGs of 800 x 600 pixels are made. Every setting encodes the same files without a cache, in turn,
two rounds, of which the fastest counts; workers are started before the clock. Beside the wall time stands the CPU time
of a photograph, in this process and in the workers together, which other programs on the machine change little; the
last column is the speed that these leave possible where every process has a core to itself. Linux only.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ucch.images import ImagePool, ResizeCrop

WORKERS = (0, 1, 2)
PHOTOGRAPHS, BATCH, ROUNDS = 200, 32, 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, nargs="?")
    folder = arguments.parse_args().folder
    import torch  # not above: workers import this file

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        if folder is None:
            folder = make_photographs(Path(made))
        paths = sorted(folder.glob("*.jpg"))[:PHOTOGRAPHS]
        print(
            f"{len(paths)} photographs, one thread for the network\n\n"
            "| | workers | images/s | ratio | CPU ms an image, here | in workers | images/s possible |\n"
            "|---|---|---|---|---|---|---|"
        )
        for name, network in (("decode and resize", None), ("and a small network", small_network())):
            run(paths, network, 0)
            best = {workers: (float("inf"), 0.0, 0.0) for workers in WORKERS}
            for _ in range(ROUNDS):
                for workers in WORKERS:
                    best[workers] = min(best[workers], run(paths, network, workers))
            for workers in WORKERS:
                wall, here, there = (1000 * seconds / len(paths) for seconds in best[workers])
                ratio = best[0][0] / best[workers][0]
                possible = 1000 / max(here, there / max(1, workers))
                figures = f"{1000 / wall:.0f} | {ratio:.2f} | {here:.1f} | {there:.1f} | {possible:.0f}"
                print(f"| {name} | {workers} | {figures} |", flush=True)


def run(paths: Sequence[Path], network: Any, workers: int) -> tuple[float, float, float]:
    """Seconds to decode all files and, where there is one, run the network on them: wall, CPU here, CPU in workers."""
    import torch

    with ImagePool(ResizeCrop(256, 224), workers) as pool:
        list(pool.decode(paths[: 4 * workers]))
        start, here, there = time.perf_counter(), time.process_time(), cpu_of_workers()
        batch: list[Any] = []
        for entry in pool.decode(paths):
            batch.append(entry.pixels)
            if len(batch) == BATCH:
                if network is not None:
                    with torch.inference_mode():
                        network(torch.from_numpy(np.stack(batch)))
                batch = []
        return time.perf_counter() - start, time.process_time() - here, cpu_of_workers() - there


def cpu_of_workers() -> float:
    """CPU seconds that the processes of the pool have used so far."""
    ticks = 0
    for process in multiprocessing.active_children():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def small_network() -> Any:
    """A few convolutions that cost about as much as decoding a photograph."""
    import torch

    layers: list[torch.nn.Module] = [torch.nn.Conv2d(3, 24, 7, 4), torch.nn.ReLU()]
    for _ in range(3):
        layers += [torch.nn.Conv2d(24, 24, 3, padding=1), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def make_photographs(folder: Path, n: int = PHOTOGRAPHS) -> Path:
    """Write pictures with edges and noise, as photographs have them."""
    rng = np.random.default_rng(0)
    for number in range(n):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize((800, 600))
        noisy = np.asarray(coarse, np.int16) + rng.integers(-12, 13, (600, 800, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=88)
    return folder


if __name__ == "__main__":
    main()
