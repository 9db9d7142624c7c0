"""The page's scripts outside a browser: in the Node that Playwright brings, or the system's."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest


def run_script(folder: Path, script: str, given: Any) -> Any:
    """Run an ES module beside the page's scripts; what its ``main(given)`` returns."""
    for file in (resources.files("ucch.export") / "page").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "given.json").write_text(json.dumps(given))
    head = 'import fs from "fs"; const given = JSON.parse(fs.readFileSync("given.json", "utf8"));'
    head += "const answer = (value) => process.stdout.write(JSON.stringify(value));"
    (folder / "main.js").write_text(f"{script}\n{head}\nanswer(main(given));")
    done = subprocess.run([_node(), "main.js"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _node() -> str:
    try:
        from playwright._impl._driver import compute_driver_executable

        return str(compute_driver_executable()[0])
    except ImportError:
        found = shutil.which("node")
        return found or pytest.skip("no node: pip install playwright brings one")
