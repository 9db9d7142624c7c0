"""What ``make test-all`` does with a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ALLOWED

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "test_one.py": """
import pytest
def test_passes(): pass
@pytest.mark.skip(reason="no such server")
def test_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_known(): assert False
@pytest.fixture
def absent(): pytest.skip("no such browser")
def test_of_a_fixture(absent): pass
""",
    "test_two.py": """
import pytest
pytest.importorskip("a_package_that_is_not_there", reason="pip install it")
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(folder), "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *options, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def test_a_skip_fails_and_says_its_reason(folder: Path) -> None:
    assert "1 passed, 3 skipped, 1 xfailed" in run(folder)
    said = run(folder, "-p", "tests.skips", "--continue-on-collection-errors")
    assert "1 passed, 1 xfailed, 3 errors" in said
    for node, reason in (
        ("test_one.py::test_skipped", "no such server"),
        ("test_one.py::test_of_a_fixture", "no such browser"),
        ("test_two.py", "pip install it"),
    ):
        assert f"{node} must not be skipped here (tests/skips.py lists what may be): Skipped: {reason}" in said
        assert f"\nnot here, and needed by 1 tests: {reason}\n" in said


def test_what_is_allowed_says_why_and_exists() -> None:
    for node, reason in ALLOWED.items():
        assert (ROOT / node.partition("::")[0]).is_file()
        assert len(reason) > 20
