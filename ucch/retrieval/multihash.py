"""Compare a query with the codes that share a part of it."""

from __future__ import annotations

from ..codes import PackedCodes
from .engine import FaissEngine, Parameters, Progress

__all__ = ["MultiHash"]


class MultiHash(FaissEngine):
    """Hash tables on parts of the code: a query is compared with the codes that agree with it, up to ``nflip`` bits,
    in one of ``nhash`` parts of ``b`` bits.

    Parameters: by default ``b`` is such that a bucket holds about one code, ``nhash`` what the width allows, four at
    most. A query finds every code within distance ``nhash (nflip + 1) - 1``, and may find fewer than asked for.

    Reference:
        Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012.
    """

    choices = {"nflip": (0, 1, 2, 3)}  # noqa: RUF012

    @staticmethod
    def defaults(n_codes: int, n_bytes: int) -> Parameters:
        bits = min(max(n_codes.bit_length() - 1, 4), 24, 8 * n_bytes)
        return {"nhash": max(1, min(4, 8 * n_bytes // bits)), "b": bits, "nflip": 1}

    @classmethod
    def build(cls, codes: PackedCodes, parameters: Parameters, on_progress: Progress) -> MultiHash:
        import faiss

        n_bits, used = 8 * codes.shape[1], parameters["nhash"] * parameters["b"]
        if used > n_bits:
            raise ValueError(f"nhash * b must be at most {n_bits}, the bits of a code, got {used}")
        engine = cls(faiss.IndexBinaryMultiHash(n_bits, parameters["nhash"], parameters["b"]), parameters)
        engine._add_in_pieces(codes, on_progress)
        return engine

    def set(self, name: str, value: int) -> None:
        self.parameters[name] = self.index.nflip = min(value, self.parameters["b"])
