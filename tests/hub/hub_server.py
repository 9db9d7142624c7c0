"""A small hub: repositories in memory behind the HTTP calls that huggingface_hub makes for a commit and a download."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

__all__ = ["TOKEN", "Hub", "serving"]

TOKEN = "hf_ofthesetests"


class Hub(ThreadingHTTPServer):
    """Files by repository and name; each commit replaces what it names. Who writes must bring the token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.commits: list[dict[str, Any]] = []
        self.created: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no failure."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "Invalid username or password."})
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.server.created.append(asked)
            self.server.repositories.setdefault(name, {})
            return self._answer(200, {"url": f"{self.server.address}/{name}", "name": name, "id": name})
        if self.path == "/api/validate-yaml":  # of a card, before it goes up
            wrong = [] if json.loads(body)["content"].startswith("---\nlibrary_name: ") else [{"message": "no head"}]
            return self._answer(200, {"errors": wrong, "warnings": []})
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/([^/?]+)", self.path):
            files = json.loads(body)["files"]
            told = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]
            return self._answer(200, {"files": told})
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/([^/?]+)", self.path):
            header, *lines = [json.loads(line) for line in body.splitlines()]
            for line in lines:
                value = line["value"]
                self.server.repositories[found[1]][value["path"]] = base64.b64decode(value["content"])
            oid = hashlib.sha1(body).hexdigest()
            self.server.commits.append({**header["value"], "revision": found[2], "oid": oid})
            url = f"{self.server.address}/{found[1]}/commit/{oid}"
            return self._answer(200, {"commitUrl": url, "commitOid": oid, "success": True})
        return self._answer(404, {"error": "no such call"})

    def do_HEAD(self) -> None:
        self._file()

    def do_GET(self) -> None:
        self._file()

    def _file(self) -> None:
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        files = None if found is None else self.server.repositories.get(found[1])
        if found is None or files is None:
            return self._answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        content = files.get(found[3])
        if content is None:
            return self._answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        commit = self.server.commits[-1]["oid"]
        said = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
        return self._answer(200, content, said)

    def _answer(self, status: int, content: bytes | dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    hub = Hub()
    thread = Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()
