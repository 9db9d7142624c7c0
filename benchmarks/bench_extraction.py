"""Photographs per second of extraction: decoding alone and with a network, in this process and with 1 and 2 workers.

    python benchmarks/bench_extraction.py [FOLDER]

Without a folder, 400 JPEGs of 800 x 600 pixels are made. Every setting encodes the same files without a cache, the
first of them twice, so that the files are in memory; what is reported is the ratio to decoding in one process. Workers
are started before the clock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ucch.extraction import list_images
from ucch.images import ImagePool, ResizeCrop

WORKERS = (0, 1, 2)
BATCH = 32


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, nargs="?")
    folder = arguments.parse_args().folder
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        if folder is None:
            folder = make_photographs(Path(made))
        paths = [folder / name for name in list_images(folder)][:400]
        print(
            f"{len(paths)} photographs, one thread for the network\n\n"
            "| | workers | images/s | ratio |\n|---|---|---|---|"
        )
        for name, network in (("decode and resize", None), ("and a small network", small_network())):
            run(paths, network, 0)
            base = 0.0
            for workers in WORKERS:
                speed = len(paths) / run(paths, network, workers)
                base = base or speed
                print(f"| {name} | {workers} | {speed:.0f} | {speed / base:.2f} |", flush=True)


def run(paths: Sequence[Path], network: Any, workers: int) -> float:
    """Seconds to decode all files and, where there is one, run the network on them."""
    with ImagePool(ResizeCrop(256, 224), workers) as pool:
        list(pool.decode(paths[: 4 * workers]))
        start, batch = time.perf_counter(), []
        for entry in pool.decode(paths):
            batch.append(entry.pixels)
            if len(batch) == BATCH:
                if network is not None:
                    with torch.inference_mode():
                        network(torch.from_numpy(np.stack(batch)))
                batch = []
        return time.perf_counter() - start


def small_network() -> torch.nn.Module:
    """A few convolutions that cost about as much as decoding a photograph."""
    layers: list[torch.nn.Module] = [torch.nn.Conv2d(3, 24, 7, 4), torch.nn.ReLU()]
    for _ in range(3):
        layers += [torch.nn.Conv2d(24, 24, 3, padding=1), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def make_photographs(folder: Path, n: int = 400) -> Path:
    """Write pictures with edges and noise, as photographs have them."""
    rng = np.random.default_rng(0)
    for number in range(n):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize((800, 600))
        noisy = np.asarray(coarse, np.int16) + rng.integers(-12, 13, (600, 800, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=88)
    return folder


if __name__ == "__main__":
    main()
