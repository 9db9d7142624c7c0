"""Codes in engines that grow: LanceDB, Milvus, PostgreSQL and usearch behind one small interface."""

from .interface import CodeStore, Metadata, Where
from .lance_store import LanceStore
from .milvus_store import MilvusStore
from .opening import open_store
from .postgres_store import PostgresStore
from .usearch_store import UsearchStore

__all__ = [
    "CodeStore",
    "LanceStore",
    "Metadata",
    "MilvusStore",
    "PostgresStore",
    "UsearchStore",
    "Where",
    "open_store",
]
