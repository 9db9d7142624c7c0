"""The installer of the Makefile: pip's settings for uv, and pip where uv fails."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests import install

LISTED = """:env:.find-links='/here'
:env:.default-timeout='180'
global.cert='/certificates.crt'
global.constraint='/a.txt /b.txt'
global.extra-index-url='file:///one file:///two'
global.find-links='/there\\n/elsewhere'
install.index-url='https://index/simple'
"""


def test_uv_is_told_where_pip_takes_packages_from() -> None:
    assert install.uv_settings(LISTED) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/here",
        "UV_CONSTRAINT": "/a.txt /b.txt",
        "UV_INDEX": "file:///one file:///two",
        "UV_DEFAULT_INDEX": "https://index/simple",
        "SSL_CERT_FILE": "/certificates.crt",
    }
    assert install.uv_settings("global.find-links='/there\\n/elsewhere'\n")["UV_FIND_LINKS"] == "/there,/elsewhere"
    assert install.uv_settings("") == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


@pytest.mark.parametrize(
    ("broken", "installers"),
    [(None, ["pip", "uv"]), ("pip install uv", ["pip", "pip"]), ("uv", ["pip", "uv", "pip"])],
)
def test_where_uv_fails_pip_installs(
    broken: str | None, installers: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        fails = {"pip install uv": command[-1] == "uv", "uv": command[2] == "uv", None: False}[broken]
        return subprocess.CompletedProcess(command, int(fails), stdout="")

    monkeypatch.setattr(subprocess, "run", run)
    assert install.main(["--editable", ".[dev]"]) == 0
    assert commands[0] == [sys.executable, "-m", "pip", "config", "list"]
    assert [command[2] for command in commands[1:]] == installers
    assert commands[-1][-2:] == ["--editable", ".[dev]"]
    assert ("pip does" in capsys.readouterr().err) == (broken is not None)


def test_when_both_fail_so_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 3, stdout=""))
    assert install.main(["nothing"]) == 3
