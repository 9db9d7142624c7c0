"""What keeps a server up: bounded bodies, bounded rates, known host names, strict headers."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["Limits"]

_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_MOST_CLIENTS = 10_000
_LET_BY = 256 * 2**20  # bytes of a refused body that are read and dropped
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")


class Limits:
    """An ASGI layer in front of the application.

    A body is refused as soon as its announced or received size passes the limit; the rest of it is dropped as it comes.
    One that is not there in time is refused too.
    Each client address has a bucket of ``2 rate`` requests that refills with ``rate`` a second. On loopback, requests
    that name another host are refused, so that a page of somebody else's cannot reach the server under a name of its
    own.

    Args:
        app: the application.
        max_bytes: of a request body.
        rate: requests a second for each client; 0 for no limit.
        hosts: names a request may use, in lower case and without brackets; None for any.
        patience: seconds in which a body, or what is dropped of it, must have come.
        clock: seconds, rising.
    """

    def __init__(
        self,
        app: Any,
        *,
        max_bytes: int,
        rate: float,
        hosts: frozenset[str] | None,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app, self.max_bytes, self.rate, self.hosts = app, max_bytes, rate, hosts
        self.patience, self.clock = patience, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it with a reason."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await self._refuse(receive, send, *refusal)
            return
        try:
            body, more = await asyncio.wait_for(self._read(receive), self.patience)
        except asyncio.TimeoutError:
            slow = f"the request body took over {self.patience:g} seconds"
            await self._refuse(receive, send, 408, slow, more=False)
            return
        if len(body) > self.max_bytes:
            too_long = f"a request body may have {self.max_bytes} bytes at most"
            await self._refuse(receive, send, 413, too_long, more=more)
            return
        rest = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Any:
            return next(rest, None) or await receive()

        async def send_strictly(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        await self.app(scope, replay, send_strictly)

    def _refusal(self, scope: Any, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        if self.hosts is not None and _host(headers.get(b"host", b"")) not in self.hosts:
            return 400, f"this server answers under {', '.join(sorted(self.hosts))} only"
        if not self._take((scope.get("client") or ("",))[0]):
            return 429, f"too many requests: {self.rate:g} a second are allowed"
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self.max_bytes:
            return 413, f"a request body may have {self.max_bytes} bytes at most"
        return None

    def _take(self, client: str) -> bool:
        if not self.rate:
            return True
        now = self.clock()
        if len(self._buckets) >= _MOST_CLIENTS:
            full = 2 * self.rate
            self._buckets = {
                name: (left, then)
                for name, (left, then) in self._buckets.items()
                if left + (now - then) * self.rate < full
            }
        left, then = self._buckets.get(client, (2 * self.rate, now))
        left = min(2 * self.rate, left + (now - then) * self.rate)
        self._buckets[client] = (max(left - 1, 0) if left >= 1 else left, now)
        return left >= 1

    async def _read(self, receive: Any) -> tuple[bytes, bool]:
        """The body as far as the first piece beyond the limit, and whether more of it is coming."""
        parts, size, more = [], 0, True
        while more and size <= self.max_bytes:
            part, more = await _piece(receive)
            parts.append(part)
            size += len(part)
        return b"".join(parts), more

    async def _refuse(self, receive: Any, send: Any, status: int, reason: str, *, more: bool = True) -> None:
        """Answer at once, then let go by what is still coming: a connection closed on a client that is sending is
        reset, and most clients then never read why."""
        body = json.dumps({"reason": reason}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *_HEADERS]
        if status == 429:
            headers.append((b"retry-after", b"1"))
        if status in (408, 413):
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_let_by(receive, more), self.patience)
        await send({"type": "http.response.body", "body": b""})


def _host(header: bytes) -> str:
    """The name in a Host header, without its port; empty where it is none."""
    found = _HOST.fullmatch(header.decode("latin-1").lower())
    return "" if found is None else found[1].strip("[]")


async def _piece(receive: Any) -> tuple[bytes, bool]:
    message = await receive()
    return message.get("body", b""), message["type"] == "http.request" and bool(message.get("more_body"))


async def _let_by(receive: Any, more: bool) -> None:
    size = 0
    while more and size < _LET_BY:
        part, more = await _piece(receive)
        size += len(part)
