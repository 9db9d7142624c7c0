"""Compare a query with the codes of the nearest clusters."""

from __future__ import annotations

import math

import numpy as np

from ..codes import PackedCodes
from .engine import FaissEngine, Parameters, Progress

__all__ = ["Ivf"]


class Ivf(FaissEngine):
    """Inverted lists: codes are clustered, and a query is compared with the ``nprobe`` clusters nearest to it.

    Parameters: ``nlist`` clusters, by default ``4 sqrt(M)`` but at least 39 codes in each, which faiss wants for its
    training; ``nprobe`` of them are searched. Cost of a query: O((nlist + nprobe M / nlist) D / 64).

    Reference:
        Jegou, Douze, Schmid, "Product Quantization for Nearest Neighbor Search", IEEE TPAMI 33(1), 2011.
    """

    choices = {"nprobe": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)}  # noqa: RUF012

    @staticmethod
    def defaults(n_codes: int, n_bytes: int) -> Parameters:
        nlist = max(1, min(4 * math.isqrt(n_codes), n_codes // 39))
        return {"nlist": nlist, "nprobe": max(1, nlist // 16)}

    @classmethod
    def build(cls, codes: PackedCodes, parameters: Parameters, on_progress: Progress) -> Ivf:
        import faiss

        quantizer = faiss.IndexBinaryFlat(8 * codes.shape[1])
        parameters = parameters | {"nlist": min(parameters["nlist"], max(1, len(codes)))}
        index = faiss.IndexBinaryIVF(quantizer, quantizer.d, parameters["nlist"])
        index.cp.min_points_per_centroid = 1  # faiss would print a warning; few codes make a coarse index, no wrong one
        index.train(codes if len(codes) else np.zeros((1, codes.shape[1]), np.uint8))
        engine = cls(index, parameters)
        engine._add_in_pieces(codes, on_progress)
        return engine

    def set(self, name: str, value: int) -> None:
        self.parameters[name] = self.index.nprobe = min(value, self.parameters["nlist"])
