"""Compare a query with every code."""

from __future__ import annotations

import numpy as np

from ..codes import PackedCodes
from .engine import Engine, Found, Parameters, Progress

__all__ = ["Flat", "nearest_rows"]


class Flat(Engine):
    """The exact search: no structure, no parameters, and the codes are read where they lie, in memory or in a file.

    Cost of a query: O(M D / 64); bytes per item: D / 8 and the id.
    """

    exact = True

    def __init__(self, codes: PackedCodes) -> None:
        self.codes = codes
        self.parameters = {}

    @staticmethod
    def defaults(n_codes: int, n_bytes: int) -> Parameters:
        return {}

    @classmethod
    def build(cls, codes: PackedCodes, parameters: Parameters, on_progress: Progress) -> Flat:
        on_progress(len(codes), len(codes))
        return cls(codes)

    @classmethod
    def restore(cls, codes: PackedCodes, structure: PackedCodes, parameters: Parameters) -> Flat:
        return cls(codes)

    def structure(self) -> PackedCodes:
        return np.empty(0, np.uint8)

    def search(self, queries: PackedCodes, k: int) -> Found:
        return nearest_rows(self.codes, queries, k)

    def extend(self, codes: PackedCodes, n_known: int) -> None:
        self.codes = codes

    def set(self, name: str, value: int) -> None:
        raise ValueError(f"flat has no parameter to set, got {name!r}")


def nearest_rows(codes: PackedCodes, queries: PackedCodes, k: int) -> Found:
    """Distances and rows of the ``k <= M`` codes nearest to each query, (Q, k), nearest first.

    Shape: codes (M, W), queries (Q, W), contiguous uint8.
    """
    import faiss

    found: Found = faiss.knn_hamming(queries, codes, k)
    return found
