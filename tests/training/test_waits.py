"""Within an epoch nobody waits for an accelerator, and it trains to the very numbers of the CPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_all_of_pretended_passes_in_a_process_of_its_own() -> None:
    """Autograd knows the devices that were there at its first backward pass, so they cannot come later."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/training/pretended.py"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
