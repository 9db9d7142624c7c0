"""The short form of the hostile requests; ``make soak`` sends 10,000."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")
pytest.importorskip("fastapi", reason="fastapi is not installed: pip install 'ucch[serve]'")

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_hostile_requests_are_refused_and_others_served() -> None:
    options = {"requests": 120, "clients": 10, "seconds": 1, "patience": 3}
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.hostile", *given],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert sum(report["hostile"].values()) == 120
    assert {"404", "408", "422", "400", "cut off"} <= report["hostile"].keys()
    assert report["answers"].keys() == {"200"}
    assert report["logged_lines"] == 0
