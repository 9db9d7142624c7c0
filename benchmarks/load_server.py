"""Load a server for a minute, kill it in the middle of its work, and read its index.

    python benchmarks/load_server.py runs/photos --index photos.index --images photos --image-encoder CLASS

Starts ``ucch serve`` on loopback without a limit on the rate, asks it by 200 clients that wait for nothing but their
answers (one question in five is words, one in fifty is refused on purpose, the others are codes), then kills it while
they go on. The index must have its old bytes and answer. Other options go to ``ucch serve``. ``--cores 1 0`` holds the
server to core 1 and the clients to core 0. The exit status is 1 if any answer is not the one expected.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from ucch.retrieval import BinaryIndex

REFUSED = (b'{"text": ', b'{"text": ""}', b'{"text": "a", "page": 2}')


async def client(session: httpx.AsyncClient, number: int, n_bits: int, seen: Counter[str], times: list[float]) -> None:
    """Ask without a pause until the server goes away or the task is cancelled."""
    draw = random.Random(number)
    while True:
        chance = draw.random()
        content, expected = json.dumps({"code": draw.randbytes(n_bits // 8).hex()}).encode(), 200
        if chance < 0.2:
            content = json.dumps({"text": f"a dog {draw.random()}"}).encode()
        elif chance < 0.22:
            content, expected = draw.choice(REFUSED), 422
        start = time.perf_counter()
        answer = await session.post("search", content=content, headers={"content-type": "application/json"})
        times.append(time.perf_counter() - start)
        fits = answer.status_code == expected and ("hits" if expected == 200 else "reason") in answer.json()
        seen[str(answer.status_code) if fits else f"wrong {answer.status_code}"] += 1


async def load(url: str, n_bits: int, clients: int, seconds: float, server: subprocess.Popen[str]) -> dict[str, Any]:
    """Ask for so long, then kill the server under the clients' hands."""
    seen: Counter[str] = Counter()
    times: list[float] = []
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as session:
        tasks = [asyncio.create_task(client(session, number, n_bits, seen, times)) for number in range(clients)]
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        errors = [repr(task.exception()) for task in done]
        counts, took = dict(seen), sorted(times)
        server.kill()
        await asyncio.gather(*tasks, return_exceptions=True)
    return {
        "clients": clients, "seconds": seconds, "answers": counts, "errors": errors,
        "per_second": len(took) / seconds, "median_ms": 1000 * took[len(took) // 2],
        "p99_ms": 1000 * took[int(0.99 * len(took))], "longest_ms": 1000 * took[-1],
    }  # fmt: skip


def started(arguments: list[str], core: int | None) -> tuple[subprocess.Popen[str], str]:
    """The server and its address, which it names on stderr once it listens."""
    pin = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pin, sys.executable, "-m", "ucch", "serve", *arguments, "--port", "0", "--rate", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    for line in server.stderr:
        if found := re.search(r"http://\S+", line):
            return server, found[0]
    sys.exit(f"the server did not start: {server.wait()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cores", type=int, nargs=2, metavar=("SERVER", "CLIENTS"))
    given, others = parser.parse_known_args()
    index = BinaryIndex.load(given.index)
    ids, before = index.ids, hashlib.sha256(given.index.read_bytes()).hexdigest()
    server, url = started([given.run, "--index", str(given.index), *others], given.cores and given.cores[0])
    try:
        if given.cores:
            os.sched_setaffinity(0, {given.cores[1]})
        start = time.process_time()
        report = asyncio.run(load(url, index.n_bits, given.clients, given.seconds, server))
        clients_cpu = time.process_time() - start
    finally:
        server.kill()
        server.wait()
    index = BinaryIndex.load(given.index)
    same = hashlib.sha256(given.index.read_bytes()).hexdigest() == before
    itself = index.search(index.codes_of(ids[:1]), 1).distances.tolist()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report |= {"server_cpu_seconds": used.ru_utime + used.ru_stime, "clients_cpu_seconds": clients_cpu}
    report["index_after_the_kill"] = "readable, the same bytes" if same and itself == [0] else "changed"
    print(json.dumps(report))
    wrong = report["errors"] or any(name.startswith("wrong") for name in report["answers"])
    sys.exit(1 if wrong or report["index_after_the_kill"] == "changed" else 0)


if __name__ == "__main__":
    main()
