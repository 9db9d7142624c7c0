"""Measure the evaluation: against the published argsort loop, against database size, and on a million items.

    python benchmarks/bench_metrics.py [--quick] [--data-root ../shared/data]

Every row runs in a fresh process of its own, so that its peak memory is its own: the peak resident size while it works
minus what the process held when libraries and data were loaded (Linux only). Wall time depends on what else the machine
does; the CPU time beside it does so less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.io import loadmat
from scipy.spatial.distance import cdist

from ucch.codes import pack, unpack
from ucch.metrics import HammingEvaluator, average_precision, distance_histograms, mean_over_queries

N_QUERIES, N_BITS = 2000, 128
ROOT = Path(__file__).resolve().parents[1]

Problem = dict[str, Any]  # arrays, under the names of the arguments of distance_histograms


def make_problem(data_root: Path, quick: bool) -> tuple[Problem, str]:
    """Return codes that follow the 24-class labels of MIRFLICKR-25K loosely, last 2,000 rows queries."""
    generator = np.random.default_rng(0)
    file = data_root / "mirflickr25k" / "mirflickr25k-lall.mat"
    if file.is_file():
        labels, source = loadmat(file)["LAll"], "labels of MIRFLICKR-25K"
    else:
        labels = (generator.random((20015, 24)) < 3.8 / 24).astype(np.uint8)
        source = "made labels, 3.8 of 24 per item"
    outputs = labels @ generator.normal(size=(24, N_BITS)) + 2.0 * generator.normal(size=(len(labels), N_BITS))
    codes = pack(outputs >= np.median(outputs, axis=0))
    n_queries = 200 if quick else N_QUERIES
    problem = {
        "query_codes": codes[-N_QUERIES:][:n_queries],
        "database_codes": codes[:-N_QUERIES],
        "query_labels": labels[-N_QUERIES:][:n_queries],
        "database_labels": labels[:-N_QUERIES],
    }
    return problem, source


def published_form(problem: Problem) -> float:
    """MAP@ALL as the published code has it: all distances, one argsort, then query by query a cumulative sum."""
    query, database = (unpack(problem[f"{side}_codes"], N_BITS).astype(np.float64) for side in ("query", "database"))
    order = cdist(query, database, "hamming").argsort(axis=1)
    values = []
    for labels, row in zip(problem["query_labels"], order, strict=True):
        relevant = np.dot(problem["database_labels"][row], labels) > 0
        if relevant.any():
            precision = relevant.cumsum() / np.arange(1.0, 1 + len(relevant))
            values.append(np.dot(relevant, precision) / relevant.sum())
    return float(np.mean(values))


def lean_loop(problem: Problem, generator: np.random.Generator | None = None) -> float:
    """The same, written with care: one query at a time, float32 products. ``generator`` breaks ties at random."""
    rows = np.arange(len(problem["database_codes"]))
    if generator is not None:
        rows = generator.permutation(rows)
    codes = unpack(problem["database_codes"][rows], N_BITS).astype(np.float32)
    database_labels = problem["database_labels"][rows].astype(np.float32)
    values = []
    queries = unpack(problem["query_codes"], N_BITS).astype(np.float32)
    for query, labels in zip(queries, problem["query_labels"].astype(np.float32), strict=True):
        distance = ((N_BITS - codes @ query) / 2).astype(np.int16)
        relevant = (database_labels @ labels > 0)[distance.argsort(kind="stable")]
        ranks = np.flatnonzero(relevant) + 1
        if len(ranks):
            values.append((np.arange(1, len(ranks) + 1) / ranks).mean())
    return float(np.mean(values))


def histograms(problem: Problem) -> float:
    """MAP@ALL of this package: the expectation over tie orders."""
    return mean_over_queries(average_precision(distance_histograms(**problem, n_bits=N_BITS)))


def stream(folder: Path, n_queries: int, n_items: int, n_bits: int) -> float:
    """MAP@ALL over a database read from disk in chunks of 2^18 items."""
    generator = np.random.default_rng(1)
    width, chunk = n_bits // 8, 1 << 18
    queries = generator.integers(0, 256, (n_queries, width), dtype=np.uint8)
    evaluator = HammingEvaluator(queries, generator.integers(0, 10, n_queries), n_bits)
    with (folder / "codes.bin").open("rb") as codes, (folder / "labels.bin").open("rb") as labels:
        for start in range(0, n_items, chunk):
            count = min(chunk, n_items - start)
            evaluator.update(
                np.fromfile(codes, np.uint8, count * width).reshape(count, width), np.fromfile(labels, np.uint8, count)
            )
    return evaluator.compute()["map"]


def write_database(folder: Path, n_items: int, n_bits: int) -> None:
    """Write random codes and one of ten classes per item, a million at a time."""
    generator = np.random.default_rng(2)
    with (folder / "codes.bin").open("wb") as codes, (folder / "labels.bin").open("wb") as labels:
        for start in range(0, n_items, 10**6):
            count = min(10**6, n_items - start)
            codes.write(generator.integers(0, 256, (count, n_bits // 8), dtype=np.uint8).tobytes())
            labels.write(generator.integers(0, 10, count, dtype=np.uint8).tobytes())


def measure(work: Callable[[], float]) -> dict[str, float]:
    """Run ``work`` once; seconds of wall and CPU, and peak memory above what was held before, in MB."""
    held = resident_kb("VmRSS", reset=True)
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"value": value, "wall": wall, "cpu": cpu, "peak_mb": max(0.0, resident_kb("VmHWM") - held) / 1000}


def resident_kb(field: str, *, reset: bool = False) -> float:
    """Read the resident size (VmRSS) or its peak since the last reset (VmHWM) from Linux; NaN elsewhere."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return float(next(line.split()[1] for line in lines if line.startswith(field)))


def run_child(*arguments: str, one_core: bool = False) -> dict[str, float]:
    """Run one row of a table in a process of its own."""
    environment = {**os.environ, "BENCH_ONE_CORE": "1" if one_core else ""}
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return dict(json.loads(answer))


def child(arguments: list[str]) -> None:
    """Answer one row: a measurement as JSON."""
    if os.environ.get("BENCH_ONE_CORE"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    kind, *rest = arguments
    if kind == "stream":
        folder, *sizes = rest
        n_queries, n_items, n_bits = (int(size) for size in sizes)
        stream(Path(folder), 1, 1, n_bits)  # libraries loaded, before memory is read
        result = measure(lambda: stream(Path(folder), n_queries, n_items, n_bits))
    else:
        with np.load(rest[0], allow_pickle=False) as stored:
            problem = dict(stored)
        work = {"published": published_form, "lean": lean_loop, "histograms": histograms}[kind]
        work({name: rows[:2] for name, rows in problem.items()})
        result = measure(lambda: work(problem))
    print(json.dumps(result))


def show_speed(console: Console, data_root: Path, quick: bool) -> None:
    """Print the comparison with the argsort loops, and the value against random tie orders."""
    problem, source = make_problem(data_root, quick)
    n_queries, n_items = len(problem["query_codes"]), len(problem["database_codes"])
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "problem.npz")
        np.savez(file, **problem)
        rows = {
            "published form: cdist, argsort, cumsum": run_child("published", file),
            "lean loop: one query at a time": run_child("lean", file),
            "histograms, one core": run_child("histograms", file, one_core=True),
            "histograms": run_child("histograms", file),
        }
    table = Table(title=f"MAP@ALL, {n_queries:,} x {n_items:,} at {N_BITS} bits ({source})", title_justify="left")
    for name in ("", "wall s", "CPU s", "peak MB", "faster", "memory", "MAP@ALL"):
        table.add_column(name, justify="left" if not name else "right")
    base = rows["published form: cdist, argsort, cumsum"]
    for name, row in rows.items():
        faster, memory = base["wall"] / row["wall"], row["peak_mb"] / base["peak_mb"]
        cells = (f"{row['wall']:.3f}", f"{row['cpu']:.3f}", f"{row['peak_mb']:.0f}", f"{faster:.0f}x", f"{memory:.3f}")
        table.add_row(name, *cells, f"{row['value']:.6f}")
    console.print(table)
    n_orders = 4 if quick else 10
    generator = np.random.default_rng(3)
    orders = [lean_loop(problem, generator) for _ in range(n_orders)]
    mean, error = np.mean(orders), np.std(orders, ddof=1) / n_orders**0.5
    expected = rows["histograms"]["value"]
    console.print(f"lean loop over {n_orders} random tie orders: {mean:.7f}, standard error {error:.7f}")
    console.print(f"expectation from the histograms: {expected:.7f}, {abs(mean - expected) / error:.1f} errors away\n")


def show_scale(console: Console, quick: bool) -> None:
    """Print cost against database size, and the run on a million items."""
    sizes = [(100, 10**power, 64) for power in ((4, 5, 6) if quick else (4, 5, 6, 7))]
    sizes.append((500 if quick else 5000, 10**6, 64))
    table = Table(title="A database streamed from disk, 64 bits, 10 classes", title_justify="left")
    for name in ("queries", "database", "wall s", "CPU s", "CPU ns per pair", "peak MB"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        write_database(Path(folder), max(n_items for _, n_items, _ in sizes), 64)
        for size in sizes:
            row = run_child("stream", folder, *(str(number) for number in size))
            cells = (f"{row['wall']:.2f}", f"{row['cpu']:.2f}", f"{row['cpu'] * 1e9 / size[0] / size[1]:.2f}")
            table.add_row(f"{size[0]:,}", f"{size[1]:,}", *cells, f"{row['peak_mb']:.0f}")
    console.print(table)


def main() -> None:
    """Print both tables."""
    if len(sys.argv) > 1 and sys.argv[1] in {"published", "lean", "histograms", "stream"}:
        child(sys.argv[1:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="200 queries, at most 10^6 items, 4 tie orders")
    parser.add_argument("--data-root", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    console = Console(width=120)
    show_speed(console, arguments.data_root, arguments.quick)
    show_scale(console, arguments.quick)


if __name__ == "__main__":
    main()
