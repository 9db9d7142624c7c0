"""A server in a thread and a browser in front of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ucch.serving import SearchService


@contextlib.contextmanager
def running(service: SearchService) -> Iterator[str]:
    """Serve on a free port of loopback; gives the address."""
    import uvicorn

    from ucch.serving.app import create_app

    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(service, rate=0, hosts=frozenset({"127.0.0.1"}))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(timeout=30)
    listening.close()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium under Playwright; skips with the reason where either is absent."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
