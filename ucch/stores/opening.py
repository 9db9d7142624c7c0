"""A store by its address."""

from __future__ import annotations

from ..errors import StoreError
from .interface import CodeStore
from .lance_store import LanceStore
from .milvus_store import MilvusStore

__all__ = ["open_store"]


def open_store(
    uri: str, name: str = "codes", *, n_bits: int | None = None, numbers: bool = False, model: str | None = None
) -> CodeStore:
    """Open a table of codes, and make it where ``n_bits`` is given and it is not there.

    Args:
        uri: ``http://`` or ``https://`` for Milvus; anything else, a folder or ``s3://...``, for LanceDB.
        name: the table.
        n_bits: D of the codes; refuses a table of another.
        numbers: whether the ids of a new table are whole numbers; text otherwise.
        model: digest of the model; refuses a table of another.

    Raises:
        StoreError: it cannot be opened, or holds other codes.
        MissingPackageError: its client is not installed.
    """
    kind = MilvusStore if uri.startswith(("http://", "https://")) else LanceStore
    store: CodeStore = kind(uri, name, n_bits=n_bits, numbers=numbers, model=model or "")
    for word, there, wanted in (("n_bits", store.n_bits, n_bits), ("model", store.model, model)):
        if wanted is not None and there != wanted:
            raise StoreError(f"table {name!r} in {uri} was made for {word} {there!r}, expected {wanted!r}")
    return store
