"""Connections: how many, and how long they may rest."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")

MOST, PATIENCE, SOME, LONG = 3, 0.8, 2 * 2**20, 64 * 2**20
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer ``/`` at once, ``/late`` after more than the patience, ``/some`` and ``/long`` with some and with more
    than any buffer holds."""
    if scope["path"] == "/late":
        await asyncio.sleep(2 * PATIENCE)
    body = {"/some": bytes(SOME), "/long": bytes(LONG)}.get(scope["path"], b"here")
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
    )
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    from ucch.serving.connections import bounded

    protocol = bounded(connections=MOST, patience=PATIENCE)
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_level="error", timeout_keep_alive=60)
    server, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def closed_after(one: socket.socket) -> float:
    """Seconds until the server has hung up; what it says before is passed over."""
    start = time.monotonic()
    try:
        while one.recv(2**16):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - start


def test_a_connection_beyond_the_limit_is_told_why(port: int) -> None:
    held = [connect(port) for _ in range(MOST)]
    try:
        for one in held:
            one.sendall(ASK)
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
        with connect(port) as surplus:
            told = b"".join(iter(lambda: surplus.recv(4096), b""))
    finally:
        for one in held:
            one.close()
    assert told.startswith(b"HTTP/1.1 503")
    assert json.loads(told.partition(b"\r\n\r\n")[2])["reason"].startswith("this server has 3 connections open")


@pytest.mark.parametrize("said", [b"", b"GET / HT", ASK, ASK + b"GET / HTTP/1.1\r\nHost:"])
def test_a_client_that_does_not_go_on_is_cut_off(port: int, said: bytes) -> None:
    with connect(port) as one:
        one.sendall(said)
        assert PATIENCE / 2 < closed_after(one) < 10


def test_a_head_that_comes_byte_by_byte_is_cut_off(port: int) -> None:
    with connect(port) as one:
        sent = 0
        try:
            while sent < 400:
                one.sendall(b"GET / HTTP/1.1"[sent : sent + 1] or b"a")
                sent += 1
                time.sleep(0.05)
        except ConnectionError:
            pass
    assert sent < 400


@pytest.mark.slow
def test_a_client_that_does_not_read_is_cut_off(port: int) -> None:
    with connect(port) as one:
        one.sendall(ASK.replace(b"/ ", b"/long ", 1))
        time.sleep(4 * PATIENCE)
        read = 0
        try:
            while part := one.recv(2**20):
                read += len(part)
        except ConnectionError:
            pass
    assert read < LONG


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the system keeps to itself what it has not sent")
def test_what_a_client_does_not_read_is_not_left_to_the_system(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.settimeout(20)
        one.connect(("127.0.0.1", port))
        one.sendall(ASK.replace(b"/ ", b"/some ", 1))
        time.sleep(4 * PATIENCE)
        read = 0
        try:
            while part := one.recv(2**16):
                read += len(part)
        except ConnectionError:
            pass
    assert read < SOME / 4


def test_a_client_that_reads_gets_all_of_it_however_late(port: int) -> None:
    with connect(port) as one:
        one.sendall(ASK.replace(b"/ ", b"/late ", 1))
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        one.sendall(ASK.replace(b"/ ", b"/long ", 1))
        read = 0
        while read < LONG:
            part = one.recv(2**20)
            assert part
            read += len(part)
