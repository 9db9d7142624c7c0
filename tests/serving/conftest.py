"""One small run, its pictures and its index, for the whole folder of tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving.kit import make_index, make_pictures, make_run, make_service
from ucch.serving import SearchService
from ucch.training import RunFolder


@dataclass(frozen=True)
class Served:
    """What a test needs of it."""

    run: RunFolder
    folder: Path
    index: Path
    service: SearchService


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    root = tmp_path_factory.mktemp("served")
    run, folder = make_run(root / "run"), make_pictures(root / "photos")
    index = make_index(run, folder)
    return Served(run, folder, index, make_service(run, folder, index))
