"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.processes import Processes

ROOT = Path(__file__).resolve().parents[1]
TABLES = {  # files whose tests are cases of one table, and of what
    "tests/optim/test_all_optimizers.py": "optimizers of a code table",
    "tests/optim/test_every_optimizer.py": "every optimizer, every map round every base",
    "tests/optim/test_targets.py": "known minima",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives a browser is slow, too."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of each table passed."""
    passed = [report.nodeid.partition("::")[0] for report in terminalreporter.stats.get("passed", [])]
    for file, what in TABLES.items():
        if file in passed:
            terminalreporter.write_line(f"{passed.count(file)} cases passed: {what} ({file})")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout, or ``UCCH_SHARED_DATA``; skip where it is absent."""
    folder = Path(os.environ.get("UCCH_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data sets are not at {folder}; set UCCH_SHARED_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def published_step() -> dict[str, torch.Tensor]:
    """Figures of one training step of UCCH's published implementation, in float32."""
    with np.load(ROOT / "tests" / "figures" / "published_step.npz") as figures:
        return {name: torch.from_numpy(np.asarray(figures[name])) for name in figures.files}


@pytest.fixture
def generator() -> torch.Generator:
    """A seeded source of random numbers, new for each test."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a CLIP of two layers with random weights."""
    pytest.importorskip("transformers")
    from tests.encoders.kit import save_tiny_clip

    return save_tiny_clip(tmp_path_factory.mktemp("models") / "clip")


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a text model of two layers with random weights."""
    pytest.importorskip("transformers")
    from tests.encoders.kit import save_tiny_bert

    return save_tiny_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(
    scope="session", params=[2, pytest.param(3, marks=pytest.mark.slow)], ids=["2 processes", "3 processes"]
)
def processes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Two, then three processes that talk by gloo."""
    world = Processes(request.param, tmp_path_factory.mktemp("processes"))
    yield world
    world.stop()
