"""What an installation holds."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

import ucch

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_folder_is_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["packages"].split()
    folders = ["ucch", *(".".join(p.parent.relative_to(ROOT).parts) for p in ROOT.glob("ucch/*/**/__init__.py"))]
    assert sorted(listed) == sorted([*folders, "ucch.cli"])


def test_pyproject_holds_the_build_system_only() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    assert [line for line in lines if line.startswith("[")] == ["[build-system]"]


def test_every_source_file_has_its_test() -> None:
    sources = [path.relative_to(ROOT / "ucch") for path in ROOT.glob("ucch/**/*.py")]
    sources += [Path("cli") / path.name for path in ROOT.glob("cli/*.py")]
    public = [path for path in sources if not path.name.startswith("_")]
    assert len(public) > 20
    missing = [str(path) for path in public if not (ROOT / "tests" / path.parent / f"test_{path.name}").exists()]
    assert missing == []


@pytest.mark.parametrize("imported", ["ucch", "ucch.cli.main"])
def test_torch_is_imported_late(imported: str) -> None:
    code = f"import sys, {imported}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_names_are_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'ucch' has no attribute 'nonsense'"):
        _ = ucch.nonsense  # type: ignore[attr-defined]
