"""``ucch serve`` as a user types it: a real server on loopback."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.serving.kit import IMAGE, TEXT, make_index, make_pictures, make_run
from ucch.retrieval import BinaryIndex

ROOT = Path(__file__).resolve().parents[2]

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")
pytest.importorskip("fastapi", reason="fastapi is not installed: pip install 'ucch[serve]'")


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    root = tmp_path_factory.mktemp("serve")
    run, folder = make_run(root / "run"), make_pictures(root / "photos")
    index = make_index(run, folder)
    texts = root / "captions.csv"
    texts.write_text("image,caption\nred.png,a red one\nblue.png,the sea\nred.png,a boat\n", encoding="utf-8")
    encoders = ["--image-encoder", IMAGE, "--text-encoder", TEXT]
    return [str(run.path), "--index", str(index), "--images", str(folder), "--texts", str(texts), *encoders]


@pytest.fixture
def server(arguments: list[str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "ucch", "serve", *arguments, "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"(\d+) items at (http://127\.0\.0\.1:\d+/)", line)
        assert found is not None, line + process.stderr.read()
        yield found[2], process
        process.kill()


@pytest.mark.slow
def test_it_says_where_answers_and_survives_being_killed(
    server: tuple[str, subprocess.Popen[str]], arguments: list[str]
) -> None:
    url, process = server
    request = urllib.request.Request(url + "search", b'{"text": "a boat"}', {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        hits = {hit["id"]: hit["text"] for hit in json.load(answer)["hits"]}
    assert (len(hits), hits["red.png"], hits["green.png"]) == (6, "a red one", None)
    with urllib.request.urlopen(url + "item?id=red.png", timeout=30) as answer:
        assert json.load(answer)["texts"] == ["a red one", "a boat"]
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert len(BinaryIndex.load(arguments[2])) == 6


@pytest.mark.slow
def test_an_upload_of_50_mb_is_told_why_it_is_refused(server: tuple[str, subprocess.Popen[str]]) -> None:
    for body in (b"a" * (50 * 2**20), iter([b"a" * 2**20] * 50)):  # announced, and in chunks of no announced length
        request = urllib.request.Request(server[0] + "search", body, {"content-type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request, timeout=60):
            pass
        assert refused.value.code == 413
        assert json.load(refused.value) == {"reason": "a request body may have 10485760 bytes at most"}


def test_a_port_in_use_is_named(arguments: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(cli, ["serve", *arguments, "--port", str(port)])
    assert result.exit_code == 1
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use; name another with --port" in result.stderr


def test_an_index_that_is_none_is_refused_before_anything_listens(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "it.index").write_bytes(b"nothing")
    result = CliRunner().invoke(cli, ["serve", arguments[0], "--index", str(tmp_path / "it.index")])
    assert result.exit_code == 1
    assert "it.index is not an index" in result.stderr
