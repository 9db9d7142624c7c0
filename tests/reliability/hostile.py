"""Hostile requests to a real server on loopback, beside clients that behave: answers, log and memory.

    python -m tests.reliability.hostile --requests 10000 --clients 200 --seconds 60

A small run is trained, an index with whole numbers for ids is served by ``ucch serve``, and 200 clients ask by code and
by words without a pause. Beside them come ids that are none, hosts of others, bodies that are wrong, and slow clients:
heads and bodies that never end, readers that do not read. Each hostile request must be refused with 4xx (``only``
passes unknown ids over: no hit) or cut off in time; the server must log nothing, and its memory, once warm, must not
grow by 32 MiB. Prints the counts as JSON; exit status 1 if anything was otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.serving.kit import IMAGE, TEXT, make_run, png
from ucch.retrieval import BinaryIndex

ROOT = Path(__file__).resolve().parents[2]
GROWTH, N_ITEMS, SLACK = 32 * 2**20, 50, 20.0  # bytes, items, seconds beyond the server's patience
BAD_IDS = (
    "1_0",
    "%207",
    "7%20",
    "%EF%BC%97",
    "-0",
    "07",
    "%2B7",
    "7.0",
    "0x7",
    "9" * 30,
    "9" * 900,
    str(2**63),
    "-1",
    "",
)
BAD_IDS += ("..%2Fsecret", "%00", "%FF", "%ED%A0%80", "7%00", "a" * 2000, "nan", "50")
BAD_HOSTS = ("evil.example", "", "localhost.evil.example", "localhost:80:80", "::1", "[::1", "0.0.0.0", "localhost:8x")
BAD_BODIES = (
    b'{"text": ', b"[]", b"", b"\xff\xfe", b'{"text": "\xff"}', b"[" * 50_000, b'{"text": ""}',
    b'{"text": "a", "page": 2}',
    b'{"code": "00"}', b'{"code": "000f"}', b'{"code": "zz"}', b'{"text": "a", "k": 1e400}', b'{"text": "\\ud800"}',
    b'{"text": "a", "k": ' + b"9" * 5000 + b"}", b'{"text": "a", "only": [' + b"1," * 5000 + b"1]}",
    b'{"image": "UEsDBA=="}', b'{"like": "1_0"}', b'{"like": "\xef\xbc\x97"}', b'{"like": "' + b"9" * 900 + b'"}',
    b'{"text": "a", "code": "0000"}', b"a" * 200_000, b'{"image": "' + b"A" * 90_000 + b'"}',
)  # fmt: skip
BAD_HEADERS = (
    "Content-Length: -1", "Content-Length: 1e9", "Content-Length: 99999999999",
    "Content-Length: 1\r\nContent-Length: 2",
    "Transfer-Encoding: gzip", "X: \x01", ": none", "Content-Length: 5\r\nTransfer-Encoding: identity, chunked",
)  # fmt: skip


def request(target: str, body: bytes | None = None, *, host: str = "localhost", extra: str = "") -> bytes:
    head = (
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    )
    length = "" if body is None or "Content-Length" in extra else f"Content-Length: {len(body)}\r\n"
    return f"{head}{length}{extra}{extra and chr(13) + chr(10)}\r\n".encode("latin-1") + (body or b"")


async def answer_to(port: int, content: bytes, limit: float = 120) -> tuple[int, bytes]:
    """Send a request; status and body of the answer, status 0 where the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(content)
        return await asyncio.wait_for(_read(reader), limit)
    except ConnectionError:
        return 0, b""
    finally:
        writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = b""
    while (line := await reader.readline()) not in (b"\r\n", b""):
        head += line
    if not head:
        return 0, b""
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    body = await (reader.readexactly(int(length[1])) if length else reader.read())
    return int(head.split()[1]), body


async def bad_id(port: int, draw: random.Random) -> str:
    target = draw.choice(("picture", "item"))
    status, _ = await answer_to(port, request(f"/{target}?id={draw.choice(BAD_IDS)}"))
    return str(status) if status in (404, 422) else f"wrong: id {status}"


async def bad_only(port: int, draw: random.Random) -> str:
    items = [draw.choice(("1_0", " 7", "\uff17", "9" * 30, "", "\0", "x" * 5000, "-5")) for _ in range(20)]
    status, body = await answer_to(port, request("/search", json.dumps({"code": "0000", "only": items}).encode()))
    return "200 without a hit" if status == 200 and json.loads(body)["hits"] == [] else f"wrong: only {status}"


async def bad_host(port: int, draw: random.Random) -> str:
    status, _ = await answer_to(port, request("/health", host=draw.choice(BAD_HOSTS)))
    return str(status) if status == 400 else f"wrong: host {status}"


async def bad_body(port: int, draw: random.Random) -> str:
    body = draw.choice(BAD_BODIES)
    if draw.random() < 0.2:
        body = draw.randbytes(draw.randrange(1, 2000))
    status, _ = await answer_to(port, request(draw.choice(("/search", "/encode")), body))
    return str(status) if 400 <= status < 500 else f"wrong: body {status} {body[:40]!r}"


async def bad_head(port: int, draw: random.Random) -> str:
    extra = draw.choice(BAD_HEADERS)
    status, _ = await answer_to(port, request("/search", b"12345", extra=extra))
    return str(status) if 400 <= status < 500 else f"wrong: head {status} {extra!r}"


async def slow_head(port: int, draw: random.Random, patience: float) -> str:
    return await _dripped(
        port, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1000, draw.randrange(60), patience
    )


async def slow_body(port: int, draw: random.Random, patience: float) -> str:
    return await _dripped(port, request("/search", b" " * 1000), 80 + draw.randrange(300), patience)


async def _dripped(port: int, content: bytes, start: int, patience: float) -> str:
    """Send the rest of a request byte by byte: the server must answer 408 or hang up in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered, began = asyncio.create_task(_read(reader)), time.monotonic()
    try:
        writer.write(content[:start])
        for place in range(start, len(content) - 1):
            if answered.done() or time.monotonic() - began > patience + SLACK:
                break
            writer.write(content[place : place + 1])
            await asyncio.sleep(0.25)
        status, _ = await asyncio.wait_for(answered, 1)
    except ConnectionError:
        status = 0
    except asyncio.TimeoutError:
        return "wrong: a slow client was kept"
    finally:
        writer.transport.abort()
    return {0: "cut off", 408: "408"}.get(status, f"wrong: slow {status}")


async def no_reader(port: int, draw: random.Random, patience: float) -> str:
    """Ask for pictures again and again and read nothing."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port))
    _, writer = await asyncio.open_connection(sock=narrow, limit=1024)
    began = time.monotonic()
    try:
        while time.monotonic() - began < 2 * patience + SLACK:
            writer.write(request(f"/picture?id={draw.randrange(N_ITEMS)}&size=full") * 20)
            await asyncio.sleep(0.2)
            if writer.transport.is_closing():
                return "cut off"
    except ConnectionError:
        return "cut off"
    finally:
        writer.transport.abort()
    return "wrong: a client that does not read was kept"


QUICK: tuple[Callable[..., Awaitable[str]], ...] = (bad_id, bad_only, bad_host, bad_body, bad_head)
SLOW: tuple[Callable[..., Awaitable[str]], ...] = (slow_head, slow_body, no_reader)


async def hostile(port: int, n: int, patience: float, seen: Counter[str]) -> None:
    """So many hostile requests, one in ten of them slow, each drawn from its number."""

    async def quick(todo: Iterator[int]) -> None:
        for number in todo:
            draw = random.Random(number)
            seen[await draw.choice(QUICK)(port, draw)] += 1

    async def slow(todo: Iterator[int]) -> None:
        for number in todo:
            draw = random.Random(number)
            seen[await draw.choice(SLOW)(port, draw, patience)] += 1

    several, few = iter(range(n // 10, n)), iter(range(n // 10))
    await asyncio.gather(*[quick(several) for _ in range(8)], *[slow(few) for _ in range(64)])


async def behaved(port: int, number: int, seen: Counter[str], done: asyncio.Event) -> None:
    """Ask without a pause on one connection until told to end."""
    draw = random.Random(-1 - number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not done.is_set():
        query = {"text": f"a boat {draw.random()}"} if draw.random() < 0.2 else {"code": f"{draw.randrange(4096):03x}0"}
        try:
            writer.write(request("/search", json.dumps(query).encode()))
            status, body = await asyncio.wait_for(_read(reader), 60)
        except (ConnectionError, asyncio.TimeoutError) as error:
            seen[f"wrong: {error!r}"] += 1
            return
        seen["200" if status == 200 and json.loads(body)["hits"] else f"wrong: {status}"] += 1
    writer.close()


def resident(process: int) -> int:
    """Bytes of a process in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024


async def trial(port: int, process: int, n: int, clients: int, seconds: float, patience: float) -> dict[str, object]:
    bad, good, done = Counter[str](), Counter[str](), asyncio.Event()
    behaving = [asyncio.create_task(behaved(port, number, good, done)) for number in range(clients)]
    await hostile(port, max(50, n // 10), patience, Counter())  # caches, threads and buffers as they are under load
    bad.clear()
    before, began, peak = resident(process), time.monotonic(), 0
    attack = asyncio.create_task(hostile(port, n, patience, bad))
    while not attack.done() or time.monotonic() - began < seconds:
        await asyncio.sleep(0.2)
        peak = max(peak, resident(process))
    await attack
    done.set()
    await asyncio.gather(*behaving)
    return {
        "hostile": dict(sorted(bad.items())), "clients": clients, "answers": dict(good),
        "seconds": round(time.monotonic() - began, 1),
        "memory_before_mib": round(before / 2**20, 1), "memory_peak_growth_mib": round((peak - before) / 2**20, 1),
        "memory_growth_mib": round((resident(process) - before) / 2**20, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--patience", type=float, default=10, help="of the server, in seconds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        folder.mkdir()
        for item in range(N_ITEMS):
            pixels = np.random.default_rng(item).integers(0, 256, (600, 600, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / str(item), "PNG", compress_level=1)
        (Path(place) / "secret").write_bytes(png())
        run, index = make_run(Path(place) / "run"), Path(place) / "numbers.index"
        codes = np.random.default_rng(0).integers(0, 256, (N_ITEMS, 2), np.uint8) & np.array([255, 240], np.uint8)
        BinaryIndex.build(codes, 12).save(index)
        command = [sys.executable, "-m", "ucch", "serve", str(run.path), "--index", str(index), "--images", str(folder)]
        command += ["--image-encoder", IMAGE, "--text-encoder", TEXT, "--port", "0", "--rate", "0"]
        log = Path(place) / "log"
        with (
            log.open("wb") as errors,
            subprocess.Popen([*command, "--patience", str(given.patience)], cwd=ROOT, stderr=errors) as server,
        ):
            try:
                while (found := re.search(r"http://127\.0\.0\.1:(\d+)/", log.read_text())) is None:
                    if server.poll() is not None:
                        sys.exit(log.read_text())
                    time.sleep(0.1)
                report = asyncio.run(
                    trial(int(found[1]), server.pid, given.requests, given.clients, given.seconds, given.patience)
                )
            finally:
                server.kill()
        lines = log.read_text().splitlines()[1:]
    report["logged_lines"] = len(lines)
    print(json.dumps(report, indent=2))
    wrong = [name for part in ("hostile", "answers") for name in report[part] if name.startswith("wrong")]  # type: ignore[attr-defined]
    if wrong or lines or report["memory_growth_mib"] * 2**20 > GROWTH:  # type: ignore[operator]
        sys.exit("\n".join([*wrong, *lines[:20]]) or "memory grew")


if __name__ == "__main__":
    main()
