"""Connections that are few enough and that go on: what uvicorn itself does not bound."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["CONNECTIONS", "bounded"]

CONNECTIONS, UNSENT = 512, 128 * 2**10  # bytes of an answer that the system takes before they can leave


def bounded(*, connections: int, patience: float) -> type[asyncio.Protocol]:
    """Make the HTTP protocol of a server, for ``uvicorn.Config(http=...)``.

    A connection beyond the limit is told so with status 503 and closed. One is cut off when the head of its next
    request has not come in ``patience`` seconds, or when the client does not read what waits for it for so long. What
    waits is here, where it is seen: left to itself the system takes megabytes of it for each connection. The time that
    a body takes is bounded by :class:`~ucch.serving.limits.Limits`.

    Args:
        connections: how many may be open at once.
        patience: in seconds.
    """
    return type("Bounded", (_Bounded,), {"most": connections, "patience": patience})


class _Bounded(H11Protocol):
    most: int
    patience: float
    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Any) -> None:
        if len(self.connections) >= self.most:
            transport.write(_full(self.most))
            transport.close()
            self._refused = True
            return
        super().connection_made(transport)
        if hasattr(socket, "TCP_NOTSENT_LOWAT") and (own := transport.get_extra_info("socket")) is not None:
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        self._expect()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        under_way = self.cycle
        super().data_received(data)
        if self.cycle is not under_way:  # a whole head is here; its body is for Limits to wait for
            self._stop_waiting()

    def on_response_complete(self) -> None:
        answered = self.cycle
        super().on_response_complete()
        if self.cycle is answered:  # otherwise the next request was here already
            self._expect()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()
        if self.cycle is None or self.cycle.response_complete:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._refused:
            return
        self._stop_waiting()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        if not self._refused:
            super().eof_received()

    def _expect(self) -> None:
        """Cut the connection off unless it goes on in time."""
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.patience, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _full(most: int) -> bytes:
    body = json.dumps({"reason": f"this server has {most} connections open, which is all it takes"}).encode()
    head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\nretry-after: 1"
    return f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
