"""One small run, its pictures and its index, for the whole folder of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.serving.browser import chromium, running
from tests.serving.kit import make_index, make_pictures, make_run, make_service
from tests.serving.page_kit import Open, opener
from ucch.runs import RunFolder
from ucch.serving import SearchService


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def opened(browser: Any, served: Served) -> Iterator[Open]:
    """The page of six pictures; at the end nothing may have gone wrong or outside."""
    wrong: list[str] = []
    with running(served.service) as url:
        yield opener(browser, url, wrong)
    assert wrong == []
