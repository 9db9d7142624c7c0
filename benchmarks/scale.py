"""Ten million pairs from features on the disk to a server: rate, memory and bytes of every stage.

    python benchmarks/scale.py --pairs 200000             # minutes
    python benchmarks/scale.py --out docs/scale_table.md  # 10,000,000 pairs x 512, 20 GB of made features; hours

The features are made a piece at a time: 20 groups in noise, each modality in a space of its own, float16, as a folder
of clip-retrieval, mapped by every stage. ``ucch train`` runs three epochs of ``--steps`` steps each. Memory is the
largest resident set of the command's process, what it holds itself and pages of files apart, looked at every 50 ms;
importing torch is some 500 MB of both. Everything lies in a new folder under ``--work`` and is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, BITS, GROUPS, NOISE, PIECE, QUERIES, CLIENTS = 512, 64, 20, 2.0, 50_000, 1000, 8
Size = tuple[float, float]


def made(folder: Path, n_pairs: int) -> None:
    """Two files of features."""
    rng = np.random.default_rng(0)
    centres = [rng.standard_normal((GROUPS, WIDTH), dtype=np.float32) for _ in range(2)]
    files = []
    for kind in ("img_emb", "text_emb"):
        (folder / kind).mkdir(parents=True)
        files.append(open(folder / kind / f"{kind}_0.npy", "wb"))  # noqa: SIM115 - closed below
        header = {"descr": "<f2", "fortran_order": False, "shape": (n_pairs, WIDTH)}
        np.lib.format.write_array_header_1_0(files[-1], header)
    for start in range(0, n_pairs, PIECE):
        group = rng.integers(GROUPS, size=min(PIECE, n_pairs - start))
        for file, centre in zip(files, centres, strict=True):
            rows = rng.standard_normal((len(group), WIDTH), dtype=np.float32)
            rows *= NOISE
            rows += centre[group]
            file.write(rows.astype(np.float16).data)
    for file in files:
        file.close()


def resident(pid: int) -> Size:
    """MB that a process holds itself, and of files' pages; Linux."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0, 0.0
    found = dict(re.findall(r"(RssAnon|RssFile):\s+(\d+) kB", text))
    return int(found.get("RssAnon", 0)) / 1e3, int(found.get("RssFile", 0)) / 1e3


class Watched:
    """A ``ucch`` command, its answer, its seconds, and the largest of what it held."""

    def __init__(self, *arguments: object) -> None:
        self.own, self.files, self._over = 0.0, 0.0, threading.Event()
        command = [sys.executable, "-m", "ucch", *map(str, arguments)]
        self.start = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            own, files = resident(self.process.pid)
            self.own, self.files = max(self.own, own), max(self.files, files)

    def done(self) -> Any:
        """What it prints as JSON."""
        out, error = self.process.communicate()
        self.end()
        if self.process.returncode:
            sys.exit(f"{' '.join(map(str, self.process.args))}: {error[-2000:]}")  # type: ignore[arg-type]
        return json.loads(out)

    def end(self) -> None:
        """Stop looking."""
        self.seconds = time.perf_counter() - self.start
        self._over.set()


class Table:
    """Rows on stdout as they are measured, and as a page."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.row("stage", "what", "seconds", "rate", "own memory, MB", "pages of files, MB", "bytes on disk")
        self.row("---", "---", "---:", "---:", "---:", "---:", "---:")

    def row(self, *values: object) -> None:
        self.lines.append(f"| {' | '.join(map(str, values))} |")
        print(self.lines[-1], flush=True)

    def measured(self, name: str, what: str, watched: Watched, rate: str, size: int) -> None:
        self.row(
            name, what, f"{watched.seconds:,.0f}", rate, f"{watched.own:,.0f}", f"{watched.files:,.0f}", said(size)
        )


def said(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"


def size_of(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def trained(table: Table, folder: Path, n_pairs: int, steps: int, settings: list[str]) -> Path:
    run = folder / "run"
    options = [part for one in (f"epoch_steps={steps}", *settings) for part in ("--set", one)]
    watched = Watched("train", "--data", folder / "data", "--out", run, "--epochs", 3, *options, "--json")
    watched.done()
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    seconds = sum(line["seconds"] for line in history)
    taken = 3 * min(steps, n_pairs // 256)
    rate = f"{256 * taken / seconds:,.0f} pairs/s in {taken:,} steps of {1000 * seconds / taken:.0f} ms"
    table.measured("`ucch train`", f"{n_pairs:,} pairs, report included", watched, rate, size_of(run))
    teacher = run / "teacher.safetensors"
    if teacher.exists():
        table.row("", "its teacher", "", "", "", "", said(size_of(teacher)))
    return run


def encoded(table: Table, run: Path, source: Path, modality: str, out: Path, n_rows: int) -> None:
    watched = Watched("encode", run, "--features", source, "--modality", modality, "--out", out, "--json")
    watched.done()
    rate = f"{n_rows / watched.seconds:,.0f} rows/s"
    table.measured("`ucch encode`", f"{n_rows:,} {modality} features", watched, rate, size_of(out))


def indexed(table: Table, codes: Path, out: Path, kind: str | None, n_pairs: int) -> None:
    chosen = [] if kind is None else ["--kind", kind]
    watched = Watched("index", codes, "--bits", BITS, "--tune", 0.95, *chosen, "--out", out, "--json")
    answer = watched.done()
    setting = " ".join([answer["kind"], *(f"{name}={value}" for name, value in answer["parameters"].items())])
    rate = f"{n_pairs / watched.seconds:,.0f} codes/s"
    tried = "all kinds" if kind is None else f"flat and {kind}"
    table.measured("`ucch index --tune .95`", f"{tried}; {setting} is taken", watched, rate, size_of(out))


def searched(table: Table, index: Path, queries: Path) -> None:
    watched = Watched("search", index, "--codes", queries, "--json")
    assert len(watched.done()["queries"]) == QUERIES
    rate = f"{QUERIES / watched.seconds:,.0f} queries/s, start included"
    table.measured("`ucch search`", f"{QUERIES:,} queries, 10 items each", watched, rate, 0)


def served(table: Table, run: Path, index: Path, queries: Path, seconds: float) -> None:
    """Ask by eight clients that wait for nothing but their answers."""
    watched = Watched("serve", run, "--index", index, "--port", 0, "--rate", 0)
    assert watched.process.stderr is not None
    url = next(found[1] for line in watched.process.stderr if (found := re.search(r"http://([\w.:]+)/", line)))
    ready, codes, counts = time.perf_counter() - watched.start, np.load(queries), [0] * CLIENTS
    until = time.perf_counter() + seconds

    def ask(client: int) -> None:
        link = HTTPConnection(url)
        while time.perf_counter() < until:
            code = codes[(client + CLIENTS * counts[client]) % len(codes)].tobytes().hex()
            link.request("POST", "/search", json.dumps({"code": code}), {"content-type": "application/json"})
            answer = link.getresponse()
            assert answer.status == 200, answer.read()
            assert json.loads(answer.read())["hits"]
            counts[client] += 1

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    watched.process.kill()
    watched.process.wait()
    watched.end()
    watched.seconds = seconds
    rate = f"{sum(counts) / seconds:,.0f} answers/s"
    table.measured("`ucch serve`", f"{CLIENTS} clients, ready after {ready:.0f} s", watched, rate, 0)


def measured(given: argparse.Namespace, folder: Path) -> Table:
    table, n = Table(), given.pairs
    start = time.perf_counter()
    made(folder / "data", n)
    table.row("made", f"{n:,} pairs x {WIDTH} float16", f"{time.perf_counter() - start:,.0f}", "", "", "",
              said(size_of(folder / "data")))  # fmt: skip
    image, text = (folder / "data" / kind / f"{kind}_0.npy" for kind in ("img_emb", "text_emb"))
    asked = folder / "asked.npy"
    np.save(asked, np.load(text, mmap_mode="r")[:QUERIES])
    stages: list[Callable[[], object]] = [
        lambda: encoded(table, folder / "run", image, "image", folder / "codes.npy", n),
        lambda: encoded(table, folder / "run", asked, "text", folder / "queries.npy", QUERIES),
        lambda: indexed(table, folder / "codes.npy", folder / "items.index", given.kind, n),
        lambda: searched(table, folder / "items.index", folder / "queries.npy"),
        lambda: served(table, folder / "run", folder / "items.index", folder / "queries.npy", given.seconds),
    ]
    trained(table, folder, n, given.steps, given.settings)
    for stage in stages:
        stage()
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--steps", type=int, default=500, help="of each of the three epochs")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="of the recipe, as of ucch train")
    parser.add_argument("--kind", help="the one kind of index tried beside the exact one  [default: all]")
    parser.add_argument("--seconds", type=float, default=20, help="that the server is asked for")
    parser.add_argument("--work", type=Path, help="where the files are made  [default: the system's temporary folder]")
    parser.add_argument("--out", type=Path, help="the page, written at the end")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ucch-scale-", dir=given.work))
    try:
        table = measured(given, folder)
    finally:
        shutil.rmtree(folder)
    if given.out is not None:
        command = " ".join(["python benchmarks/scale.py", *sys.argv[1:]])
        given.out.write_text("\n".join(["# Scale, measured", "", f"`{command}`", "", *table.lines, ""]))


if __name__ == "__main__":
    main()
