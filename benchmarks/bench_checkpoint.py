"""Peak memory of writing and reading a checkpoint, beside the table that it holds.

    python benchmarks/bench_checkpoint.py --rows 1000000 --bits 64

Each case runs in a process of its own: a state with a float32 table is written, then read. Prints how far the peak of
the process rose above what it held before, in MiB and as a multiple of the table, on Linux (VmHWM in its status).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import tempfile
from pathlib import Path
from typing import Any

MIB = 2**20


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def measure(work: str, path: Path, shape: tuple[int, int], answers: Any) -> None:
    """Rise of the peak during a piece of work, in bytes."""
    import torch

    from ucch.runs.checkpoint import load_state, save_state

    torch.set_num_threads(1)
    table = torch.randn(*shape) if work == "write" else None
    small = path.with_name("small")
    save_state(small, {"x": torch.ones(3)})
    load_state(small)  # what is loaded at the first use
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    if work == "write":
        save_state(path, {"table": table})
    else:
        load_state(path)
    answers.put(_memory("VmHWM") - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bits", type=int, default=64)
    given = parser.parse_args()
    spawn, size = multiprocessing.get_context("spawn"), given.rows * given.bits * 4
    report: dict[str, Any] = {"table_mib": round(size / MIB, 1)}
    with tempfile.TemporaryDirectory() as place:
        for work in ("write", "read"):
            answers = spawn.SimpleQueue()
            process = spawn.Process(
                target=measure, args=(work, Path(place) / "state", (given.rows, given.bits), answers)
            )
            process.start()
            rise = answers.get()
            process.join()
            report[work] = {"rise_mib": round(rise / MIB, 1), "of_the_table": round(rise / size, 2)}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
