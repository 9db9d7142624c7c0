"""Seconds of one fit of every shallow baseline on made pairs: ``python benchmarks/bench_baselines.py [--rows N]``.

Processor time of one thread, 512 image and 384 text dimensions of 40 hidden topics, 64 bits.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from ucch.baselines import BASELINES


def main() -> None:
    """Print a line per baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--methods", default=",".join(BASELINES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(options.rows, 40)).astype(np.float32)
    image, text = (
        hidden @ rng.normal(size=(40, d)).astype(np.float32) + rng.normal(size=(options.rows, d)).astype(np.float32)
        for d in (512, 384)
    )
    print(f"| method | seconds, {options.rows:,} rows |\n|---|---:|")
    for name in options.methods.split(","):
        start = time.process_time()
        BASELINES[name](64).fit(image, text)
        print(f"| `{name}` | {time.process_time() - start:.1f} |", flush=True)


if __name__ == "__main__":
    main()
