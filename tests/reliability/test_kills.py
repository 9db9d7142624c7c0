"""The short form of the kill script; ``make soak`` runs the long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_killed_jobs_end_as_if_they_had_not_been() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.kills", "--quick", "--trials", "4", "--seed", "1"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["trials"], report["equal"], report["differ"]) == (4, 4, [])
    assert report["kills"] >= 4
