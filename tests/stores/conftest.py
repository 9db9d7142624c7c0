"""The two engines, each test with a new table; Milvus is a real server of the PyPI package ``milvus``."""

from __future__ import annotations

import gc
import itertools
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ucch.stores import CodeStore, open_store

_numbers = itertools.count()
Opener = Callable[..., CodeStore]


@pytest.fixture(scope="session")
def milvus_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server on free ports of loopback; skip with the reason where it cannot."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'ucch[store]'")
    package = pytest.importorskip("milvus", reason="no Milvus server: pip install --no-deps milvus==2.3.5")
    server: Any = package.MilvusServer(package.MilvusServerConfig())
    server.set_base_dir(str(tmp_path_factory.mktemp("milvus")))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it drops the sockets that it looked for ports with
            server.start()
            gc.collect()
    except Exception as error:
        pytest.skip(f"the Milvus server does not start: {error}")
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    yield f"http://127.0.0.1:{server.listen_port}"
    server.stop()


@pytest.fixture(params=["lancedb", "milvus"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "milvus":
        address: str = request.getfixturevalue("milvus_uri")
        return address
    pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    return str(tmp_path / "lance")


@pytest.fixture
def opened(uri: str) -> Opener:
    """Open a table of this test's own; called twice it gives the same one."""
    name = f"codes_{next(_numbers)}"
    return lambda **options: open_store(uri, name, **options)
