"""Walk a graph of near codes."""

from __future__ import annotations

from ..codes import PackedCodes
from .engine import FaissEngine, Parameters, Progress

__all__ = ["Hnsw"]


class Hnsw(FaissEngine):
    """A graph that links every code to near ones; a query walks it, keeping the ``ef`` best seen.

    Parameters: ``links`` per code (twice that on the ground level), ``ef_build`` kept while building, ``ef`` while
    searching. The graph depends on the order of insertion, hence on the threads that build it. Bytes per item:
    about 8 links on top of the code.

    Reference:
        Malkov, Yashunin, "Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small
        World Graphs", IEEE TPAMI 42(4), 2020.
    """

    choices = {"ef": (16, 32, 64, 128, 256, 512, 1024)}  # noqa: RUF012

    @staticmethod
    def defaults(n_codes: int, n_bytes: int) -> Parameters:
        return {"links": 32, "ef_build": 64, "ef": 128}

    @classmethod
    def build(cls, codes: PackedCodes, parameters: Parameters, on_progress: Progress) -> Hnsw:
        import faiss

        index = faiss.IndexBinaryHNSW(8 * codes.shape[1], parameters["links"])
        index.hnsw.efConstruction = parameters["ef_build"]
        engine = cls(index, parameters)
        engine._add_in_pieces(codes, on_progress)
        return engine

    def set(self, name: str, value: int) -> None:
        self.parameters[name] = self.index.hnsw.efSearch = value
