"""A store by its address."""

from __future__ import annotations

from ..errors import StoreError
from .address import is_postgres, shown
from .interface import CodeStore
from .lance_store import LanceStore
from .milvus_store import MilvusStore
from .postgres_store import PostgresStore
from .usearch_store import UsearchStore

__all__ = ["open_store"]


def open_store(
    uri: str,
    name: str = "codes",
    *,
    n_bits: int | None = None,
    numbers: bool = False,
    model: str | None = None,
    exact: bool = True,
) -> CodeStore:
    """Open a table of codes, and make it where ``n_bits`` is given and it is not there.

    Args:
        uri: ``postgresql://`` or ``postgres://`` for PostgreSQL, ``http://`` or ``https://`` for Milvus, a file
            ``*.usearch`` for usearch; anything else, a folder or ``s3://...``, for LanceDB.
        name: the table.
        n_bits: D of the codes; refuses a table of another.
        numbers: whether the ids of a new table are whole numbers; text otherwise.
        model: digest of the model; refuses a table of another.
        exact: whether searches find the nearest for certain; else they go by a graph, in PostgreSQL and usearch.

    Raises:
        StoreError: it cannot be opened, holds other codes, or has no graph to go by.
        MissingPackageError: its client is not installed.
    """
    store: CodeStore
    if is_postgres(uri):
        store = PostgresStore(uri, name, n_bits=n_bits, numbers=numbers, model=model or "", exact=exact)
    elif uri.endswith(".usearch"):
        store = UsearchStore(uri, name, n_bits=n_bits, numbers=numbers, model=model or "", exact=exact)
    elif not exact:
        raise StoreError(f"{shown(uri)} is searched exactly; only PostgreSQL and usearch have a graph to go by")
    else:
        kind = MilvusStore if uri.startswith(("http://", "https://")) else LanceStore
        store = kind(uri, name, n_bits=n_bits, numbers=numbers, model=model or "")
    for word, there, wanted in (("n_bits", store.n_bits, n_bits), ("model", store.model, model)):
        if wanted is not None and there != wanted:
            store.close()
            raise StoreError(f"table {name!r} in {shown(uri)} was made for {word} {there!r}, expected {wanted!r}")
    return store
