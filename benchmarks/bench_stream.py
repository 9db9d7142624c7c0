"""Features and codes that do not fit: rate and memory of ``ucch encode`` and ``ucch eval`` on made files.

    python benchmarks/bench_stream.py                  # 100,000 rows of features, 1 million codes, half a minute
    python benchmarks/bench_stream.py --full           # 2 million rows x 512 (4 GB), 20 million codes: about 10 minutes

Memory is the largest resident set of the command's process, everything it imports and the mapped pages included; the
same command on 10 rows says how much of it is there without any data. Files are made in a folder of their own and
removed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from ucch.data import FeatureScaler
from ucch.models import HashModel, HashTower
from ucch.recipe import load_recipe
from ucch.runs import RunFolder

WIDTH, BITS, CLASSES, QUERIES = 512, 64, 100, 1000
PIECE = 50_000


def make_run(folder: Path) -> Path:
    """A finished run of the default towers with random weights, which take as long as trained ones."""
    torch.manual_seed(0)
    scaler = FeatureScaler.fit(np.random.default_rng(0).normal(size=(1000, WIDTH)))
    towers = (HashTower(WIDTH, BITS, n_layers=3), HashTower(WIDTH, BITS, n_layers=2))
    run = RunFolder.create(folder / "run", load_recipe("default"))
    HashModel(scaler, scaler, *towers).save(run.model_file)
    return run.path


def make_matrix(path: Path, shape: tuple[int, ...], dtype: str) -> Path:
    """A ``.npy`` file of noise, written in pieces: normal floats, or whole numbers of the whole range of bytes."""
    rng = np.random.default_rng(1)
    with open(path, "wb") as file:
        header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, shape[0], PIECE):
            size = (min(PIECE, shape[0] - start), *shape[1:])
            if np.dtype(dtype).kind == "f":
                piece = rng.standard_normal(size, dtype=np.float32).astype(dtype)
            else:
                piece = rng.integers(0, 256 if dtype == "uint8" else CLASSES, size, dtype=dtype)
            file.write(piece.data)
    return path


def measure(*arguments: object) -> tuple[dict[str, object], float, float]:
    """Run ``ucch`` with arguments; its JSON answer, seconds, and largest resident set in MB."""
    command = [sys.executable, "-m", "ucch", *map(str, arguments), "--json"]
    start, memory = time.perf_counter(), 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        while process.poll() is None:  # not the child's rusage, which starts at what this process held
            memory = max(memory, high_water(process.pid))
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
        out.seek(0)
        answer: dict[str, object] = json.loads(out.read())
    return answer, time.perf_counter() - start, memory / 1e6


def high_water(pid: int) -> int:
    """Bytes of the largest resident set of a process so far; Linux."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def encode(folder: Path, rows: int, dtype: str) -> tuple[float, float]:
    """Seconds and megabytes of encoding a file of so many rows."""
    source, out = make_matrix(folder / f"f{rows}.npy", (rows, WIDTH), dtype), folder / f"c{rows}.npy"
    answer, seconds, memory = measure(
        "encode", folder / "run", "--features", source, "--modality", "image", "--out", out, "--device", "cpu"
    )
    assert answer["codes"] == rows, answer
    source.unlink()
    return seconds, memory


def evaluate(folder: Path, items: int) -> tuple[float, float]:
    """Seconds and megabytes of ranking so many items for 1,000 queries."""
    files = {
        "query-codes": make_matrix(folder / "q.npy", (QUERIES, BITS // 8), "uint8"),
        "query-labels": make_matrix(folder / "ql.npy", (QUERIES,), "int16"),
        "database-codes": make_matrix(folder / "d.npy", (items, BITS // 8), "uint8"),
        "database-labels": make_matrix(folder / "dl.npy", (items,), "int16"),
    }
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    answer, seconds, memory = measure("eval", *options, "--bits", BITS, "--allow-overlap")
    assert answer["database"] == items, answer
    return seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="2 million rows of features, 20 million codes")
    parser.add_argument("--part", choices=["encode", "eval", "both"], default="both")
    parser.add_argument("--dtype", choices=["float32", "float16"], default="float32", help="of the features")
    parser.add_argument("--folder", type=Path, help="where the files are made  [default: the system's]")
    arguments = parser.parse_args()
    rows, items = (2_000_000, 20_000_000) if arguments.full else (100_000, 1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="ucch-stream-", dir=arguments.folder))
    try:
        make_run(folder)
        print("| command | on | seconds | rate | memory, MB | of it without data |")
        print("|---|---|---|---|---|---|")
        if arguments.part != "eval":
            start, empty = encode(folder, 10, arguments.dtype)
            seconds, memory = encode(folder, rows, arguments.dtype)
            size = rows * WIDTH * np.dtype(arguments.dtype).itemsize
            what = f"{rows:,} x {WIDTH} {arguments.dtype}, {size / 1e9:.2f} GB"
            rate = f"{rows / (seconds - start):,.0f} rows/s"
            print(f"| `ucch encode` | {what} | {seconds:.1f} | {rate} | {memory:.0f} | {empty:.0f} |", flush=True)
        if arguments.part != "encode":
            start, empty = evaluate(folder, 1000)
            seconds, memory = evaluate(folder, items)
            what = f"{QUERIES:,} queries, {items:,} codes of {BITS} bits"
            rate = f"{QUERIES * items / (seconds - start) / 1e6:,.0f} million pairs/s"
            print(f"| `ucch eval` | {what} | {seconds:.1f} | {rate} | {memory:.0f} | {empty:.0f} |", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
