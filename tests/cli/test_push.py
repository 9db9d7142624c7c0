"""``ucch push`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.photographs import ucch
from tests.hub.conftest import hub
from tests.hub.hub_server import Hub

__all__ = ["hub"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    result = ucch("train", "--bits", "16", "--epochs", "1", "--teacher", "none", "--out", folder)
    assert result.exit_code == 0, result.stderr
    return folder


def test_a_run_is_pushed_and_its_address_printed(run: Path, hub: Hub) -> None:
    result = ucch("push", run, "me/digits", "--private", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "repo": "me/digits",
        "commit": f"{hub.address}/me/digits/commit/{hub.commits[0]['oid']}",
    }
    assert hub.created[0]["visibility"] == "private"


def test_the_card_alone_needs_no_hub(run: Path) -> None:
    result = ucch("push", run, "me/digits", "--card-only")
    assert result.exit_code == 0
    assert result.stdout.startswith("---\nlibrary_name: ucch\n")
    assert 'HashModel.from_pretrained("me/digits")' in result.stdout


def test_a_refusal_is_one_line(run: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    result = ucch("push", run, "me/digits")
    assert result.exit_code == 1
    assert "me/digits cannot be written on the hub" in result.stderr
