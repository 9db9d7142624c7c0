"""Files up and down over HTTP, and what is said when that fails."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from tests.hub.hub_server import Hub
from ucch.errors import MissingPackageError, RunError
from ucch.hub import find_file, push_files


@pytest.mark.parametrize("kind", [Path, str])
def test_what_goes_up_comes_down(hub: Hub, tmp_path: Path, kind: type) -> None:
    (tmp_path / "weights").write_bytes(bytes(range(256)) * 300)
    files = {"a/model.bin": kind(tmp_path / "weights"), "README.md": b"---\nlibrary_name: ucch\n---\n"}
    url = push_files("me/codes", files, message="the first", private=True)
    assert url == f"{hub.address}/me/codes/commit/{hub.commits[0]['oid']}"
    assert (hub.commits[0]["summary"], hub.commits[0]["revision"], len(hub.commits)) == ("the first", "main", 1)
    assert hub.created[0]["name"] == "codes"
    assert hub.created[0]["visibility"] == "private"
    found = find_file("me/codes", "a/model.bin")
    assert found.read_bytes() == bytes(range(256)) * 300
    hub.repositories.clear()
    assert find_file("me/codes", "a/model.bin", local_files_only=True) == found  # from the cache


def test_a_folder_is_looked_for_first(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x")
    assert find_file(tmp_path, "model.safetensors") == tmp_path / "model.safetensors"
    with pytest.raises(RunError, match="has no card.md; a run that ended has one"):
        find_file(str(tmp_path), "card.md")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("me/nothing", "did not come from the hub http://127.0.0.1:.*; name a folder, or owner/name"),
        ("me/codes", "did not come from the hub http://127.0.0.1:.*; name a folder, or owner/name"),
        ("../no/such/folder", "'../no/such/folder' cannot be loaded: no such folder"),
    ],
)
def test_what_is_not_there_is_said(name: str, message: str, hub: Hub) -> None:
    push_files("me/codes", {"other": b"x"}, message="one")
    with pytest.raises(RunError, match=message):
        find_file(name, "model.safetensors")


def test_a_hub_that_does_not_answer_is_said(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from huggingface_hub import constants

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    with pytest.raises(RunError, match=f"did not come from the hub {address}"):
        find_file("me/codes", "model.safetensors")
    assert "Retry" not in caplog.text  # which would take 25 s
    with pytest.raises(RunError, match=f"me/codes cannot be written: the hub {address} cannot be reached"):
        push_files("me/codes", {"a": b"x"}, message="one")


def test_who_may_not_write_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    with pytest.raises(
        RunError, match="cannot be written on the hub .*401.*hf auth login, or HF_TOKEN, names who writes"
    ):
        push_files("me/codes", {"a": b"x"}, message="one")


def test_the_package_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'ucch\[hub\]'"):
        find_file("me/codes", "model.safetensors")
    with pytest.raises(MissingPackageError, match=r"a push to the hub needs .*pip install 'ucch\[hub\]'"):
        push_files("me/codes", {}, message="one")
