"""Sizes, rates and host names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from ucch.serving.limits import Limits


class Seen:
    """An application that keeps what it got and answers 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(
    limits: Limits,
    *,
    parts: Iterable[bytes] = (b"",),
    client: str = "10.0.0.1",
    host: str = "localhost:80",
    **headers: str,
) -> tuple[int, dict[str, str], str]:
    chunks = list(parts)
    incoming = [
        {"type": "http.request", "body": part, "more_body": number < len(chunks) - 1}
        for number, part in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": host, **headers}.items()]
    asyncio.run(limits({"type": "http", "headers": pairs, "client": (client, 1)}, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = sent[1]["body"]
    return sent[0]["status"], answered, json.loads(body)["reason"] if body else ""


def limits(app: Any = None, **options: Any) -> Limits:
    return Limits(app or Seen(), **{"max_bytes": 10, "rate": 0, "hosts": None, "patience": 20, **options})


def test_a_body_in_pieces_arrives_whole() -> None:
    app = Seen()
    status, headers, _ = ask(limits(app), parts=[b"abc", b"def"])
    assert (status, app.bodies) == (200, [b"abcdef"])
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("parts", [[b"a" * 11], [b"a" * 6, b"a" * 6]])
def test_a_long_body_is_refused_whatever_it_announced(parts: list[bytes]) -> None:
    app = Seen()
    assert ask(limits(app), parts=parts, content_length="3")[0] == 413
    assert app.bodies == []


def test_a_refused_body_is_dropped_to_its_end_so_that_the_client_reads_why() -> None:
    parts = iter([b"a" * 11, b"b" * 11, b"c" * 11])
    sent: list[Any] = []

    async def receive() -> Any:
        part = next(parts)
        return {"type": "http.request", "body": part, "more_body": part[:1] != b"c"}

    async def send(message: Any) -> None:
        sent.append((message["type"], next(parts, None) if message.get("more_body") else None))

    scope = {"type": "http", "headers": [(b"host", b"localhost")], "client": ("10.0.0.1", 1)}
    asyncio.run(limits()(scope, receive, send))
    assert sent == [("http.response.start", None), ("http.response.body", b"b" * 11), ("http.response.body", None)]
    assert next(parts, None) is None


@pytest.mark.parametrize(("announced", "status"), [(b"99", 413), (b"9", 408)])
def test_a_client_that_never_ends_is_let_go(announced: bytes, status: int) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"host", b"localhost"), (b"content-length", announced)], "client": None}
    asyncio.run(limits(patience=0.05)(scope, receive, send))
    assert [message.get("status") for message in sent] == [status, None, None]
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("announced", ["11", "-1", "many", "1e9"])
def test_an_announced_length_is_refused_before_it_is_read(announced: str) -> None:
    status, headers, reason = ask(limits(), content_length=announced)
    assert (status, reason) == (413, "a request body may have 10 bytes at most")
    assert headers["connection"] == "close"


def test_a_bucket_of_twice_the_rate_that_refills() -> None:
    now = [0.0]
    one = limits(rate=2, clock=lambda: now[0])
    assert [ask(one)[0] for _ in range(6)] == [200] * 4 + [429] * 2
    assert ask(one, client="10.0.0.2")[0] == 200
    now[0] = 0.5
    status, headers, reason = ask(one)
    assert status == 200
    status, headers, reason = ask(one)
    assert (status, headers["retry-after"], reason) == (429, "1", "too many requests: 2 a second are allowed")
    now[0] = 100
    assert [ask(one)[0] for _ in range(5)] == [200] * 4 + [429]


def test_clients_that_went_away_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.serving.limits._MOST_CLIENTS", 3)
    now = [0.0]
    one = limits(rate=2, clock=lambda: now[0])
    for number in range(10):
        ask(one, client=str(number))
        now[0] += 10
    assert len(one._buckets) <= 3


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("localhost:8765", "localhost", "LOCALHOST", "LocalHost:80", "[::1]:80", "[::1]")),
        *((host, 400) for host in ("evil.example", "", ":80", "::1", "localhost:80:80", "[localhost]", "localhost:8x")),
        *(
            (host, 400)
            for host in ("evil.example:localhost", "localhost.evil.example", "[::1]localhost", "l\u00f6calhost")
        ),
    ],
)
def test_only_known_names(host: str, status: int) -> None:
    assert ask(limits(hosts=frozenset({"localhost", "::1"})), host=host)[0] == status


def test_other_messages_pass() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(limits(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
