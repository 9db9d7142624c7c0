"""What keeps a server up: bounded bodies, bounded rates, known host names, strict headers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
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


class Limits:
    """An ASGI layer in front of the application.

    A body is refused as soon as its announced or received size passes the limit. Each client address has a bucket of
    ``2 rate`` requests that refills with ``rate`` a second. On loopback, requests that name another host are
    refused, so that a page of somebody else's cannot reach the server under a name of its own.

    Args:
        app: the application.
        max_bytes: of a request body.
        rate: requests a second for each client; 0 for no limit.
        hosts: names a request may use; None for any.
        clock: seconds, rising.
    """

    def __init__(
        self,
        app: Any,
        *,
        max_bytes: int,
        rate: float,
        hosts: frozenset[str] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app, self.max_bytes, self.rate, self.hosts, self.clock = app, max_bytes, rate, hosts, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it with a reason."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        body, too_long = await self._read(receive)
        if too_long:
            await _refuse(send, 413, f"a request body may have {self.max_bytes} bytes at most")
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
        host = headers.get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].strip("[]")
        if self.hosts is not None and host not in self.hosts:
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
        parts, size = [], 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_bytes:
                return b"", True
            if message["type"] != "http.request" or not message.get("more_body"):
                return b"".join(parts), False


async def _refuse(send: Any, status: int, reason: str) -> None:
    body = json.dumps({"reason": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *_HEADERS]
    if status == 429:
        headers.append((b"retry-after", b"1"))
    if status == 413:
        headers.append((b"connection", b"close"))  # what is still coming is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
