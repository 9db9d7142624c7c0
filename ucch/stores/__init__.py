"""Codes in engines that grow: LanceDB and Milvus behind one small interface."""

from .interface import CodeStore, Metadata, Where
from .lance_store import LanceStore
from .milvus_store import MilvusStore
from .opening import open_store

__all__ = ["CodeStore", "LanceStore", "Metadata", "MilvusStore", "Where", "open_store"]
