"""Search by the real query: outputs of the hash tower that are not rounded, against codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, n_bytes
from .engine import Found

__all__ = ["SignScan"]

_QUERIES = 256  # whose tables are held at a time: 8 MiB for codes of 256 bits


class SignScan:
    """Order all codes by ``1 - <u, b> / sqrt(D)`` for real queries u of unit length and codes b in +-1, exactly.

    A byte of a code adds one of 256 numbers to the product, so a query needs a table of 256 numbers for each byte, and
    for each code a sum of ``D / 8`` numbers. That is how a product quantizer searches whose 256 centroids are the
    corners of the cube, and faiss does it, over a copy of the codes.

    Args:
        codes: packed uint8 (M, ceil(D/8)).
        n_bits: D.

    Note:
        Cost of a query: O(32 D + M D / 8) additions; memory ``M ceil(D/8)`` bytes for the copy and 8 MiB of tables.

    Reference:
        Gordo et al., "Asymmetric Distances for Binary Embeddings", IEEE TPAMI 36(1), 2014; the lookup is that of
        Jegou et al., "Product Quantization for Nearest Neighbor Search", IEEE TPAMI 33(1), 2011.
    """

    def __init__(self, codes: PackedCodes, n_bits: int) -> None:
        import faiss

        width = n_bytes(n_bits)
        self.n_bits, self.width = n_bits, width
        index = faiss.IndexPQ(8 * width, width, 8, faiss.METRIC_INNER_PRODUCT)
        corners = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float32) * 2 - 1
        faiss.copy_array_to_vector(np.tile(corners, (width, 1)).ravel(), index.pq.centroids)
        index.is_trained = True
        if len(codes):
            index.add_sa_codes(np.ascontiguousarray(codes))
        self.index: Any = index

    def search(self, queries: npt.NDArray[np.float32], k: int) -> Found:
        """Distances, float32 in [0, 2], and rows of the ``k <= M`` nearest codes to each query, (Q, D) unit rows."""
        padded = np.zeros((len(queries), 8 * self.width), np.float32)
        padded[:, : self.n_bits] = queries / np.float32(np.sqrt(self.n_bits))
        parts = [self.index.search(padded[start : start + _QUERIES], k) for start in range(0, len(padded), _QUERIES)]
        scores, rows = (np.concatenate(side) for side in zip(*parts, strict=True))
        return np.clip(1 - scores, 0, 2), rows
