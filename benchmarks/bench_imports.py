"""What a short command costs beside ``import torch``: processor seconds of the whole process, best of some rounds.

    python benchmarks/bench_imports.py [--before OTHER/bin/python] [--rounds 5]

Codes are made up: 50 queries, 500 items, 64 bits. Each round runs every command once, by every interpreter, so that a
busy machine is busy for all. ``--before`` names an interpreter with another version of ucch.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

TORCH = "import torch"
COMMANDS = {
    TORCH: ["-c", TORCH],
    "ucch eval, code files": [
        *["-m", "ucch", "eval", "--query-codes", "q.npy", "--database-codes", "d.npy", "--bits", "64"],
        *["--query-labels", "ql.npy", "--database-labels", "dl.npy"],
    ],
    "ucch index, a code file": ["-m", "ucch", "index", "d.npy", "--out", "new.index"],
    "ucch search, codes": ["-m", "ucch", "search", "d.index", "--codes", "q.npy"],
    "ucch train --help": ["-m", "ucch", "train", "--help"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", metavar="PYTHON", type=Path, help="an interpreter with another version of ucch")
    parser.add_argument("--rounds", type=int, default=5)
    choices = parser.parse_args()
    pythons = {"now": Path(sys.executable)}
    if choices.before is not None:
        pythons = {"before": choices.before.absolute(), **pythons}
    best: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_codes(folder)
        run(pythons["now"], folder, "-m", "ucch", "index", "d.npy", "--out", "d.index")
        for _ in range(choices.rounds):
            for command, words in COMMANDS.items():
                for version, python in pythons.items():
                    seconds = run(python, folder, *words)
                    best[command, version] = min(seconds, best.get((command, version), seconds))
                    (folder / "new.index").unlink(missing_ok=True)
    for command in COMMANDS:
        figures = [
            f"{version} {best[command, version]:5.2f} s, {best[command, version] / best[TORCH, version]:4.2f}x"
            for version in pythons
        ]
        print(f"{command:26}" + "    ".join(figures))


def make_codes(folder: Path) -> None:
    """Write codes and classes of queries and items."""
    rng = np.random.default_rng(0)
    for side, n in (("q", 50), ("d", 500)):
        np.save(folder / f"{side}.npy", rng.integers(0, 256, (n, 8), dtype=np.uint8))
        np.save(folder / f"{side}l.npy", rng.integers(0, 5, n))


def run(python: Path, folder: Path, *words: str) -> float:
    """Processor seconds of one process and its children."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, *words], cwd=folder, check=True, capture_output=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


if __name__ == "__main__":
    main()
