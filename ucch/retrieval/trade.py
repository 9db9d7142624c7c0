"""What recall, time and bytes buy: codes, re-ranking, and what else fits into as many bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, n_bytes
from ..errors import DataError
from ..files import replacing
from .binary_index import BinaryIndex
from .engine import one_thread
from .features import CompactFeatures, unit_rows

__all__ = ["TradePoint", "draw_trade", "measure_trade"]

Real = npt.NDArray[np.float32]
REPEATS, CANDIDATES = 3, (20, 50, 100, 200)


@dataclass(frozen=True)
class TradePoint:
    """One way to search, measured on one thread.

    Attributes:
        name: the way.
        bytes: of an item, without its id.
        milliseconds: of a query within a batch, the best of three runs.
        recall: mean share of the k nearest by cosine that are among the k found.
    """

    name: str
    bytes: float
    milliseconds: float
    recall: float


def measure_trade(
    codes: PackedCodes,
    query_codes: PackedCodes,
    n_bits: int,
    features: npt.NDArray[Any],
    query_features: npt.NDArray[Any],
    *,
    query_outputs: npt.NDArray[Any] | None = None,
    k: int = 10,
    seed: int = 0,
) -> list[TradePoint]:
    """Measure codes beside exact float search, plain sign codes, PQ and OPQ of equal bytes.

    The truth is the exact search by cosine of the features. Codes are searched by Hamming distance alone, and again
    with the best 20 to 200 re-ranked by int8 features, or 200 by the asymmetric distance of the real query, which keeps
    no byte beside the code. Plain sign codes are the signs of the centred features after a random rotation (a random
    projection where D exceeds their width).

    Args:
        codes, query_codes: (M, W) and (Q, W) packed, of ``n_bits``.
        features, query_features: (M, F) and (Q, F), rows in the same order.
        query_outputs: (Q, D) real outputs of which the query codes are the signs; without them the asymmetric distance
            is measured for plain sign codes alone.
        k: items asked for.
        seed: draws the rotation.

    Raises:
        DataError: rows differ in number, or features are no finite matrix.
    """
    for left, right in ((codes, features), (query_codes, query_features)):
        if len(left) != len(right):
            raise DataError(f"codes and features must have the same rows, got {len(left)} and {len(right)}")
    base, asked = unit_rows("features", features), unit_rows("query_features", query_features)
    compact = CompactFeatures.compress(base)
    with one_thread():
        point = _Measure(base, asked, k)
        points = [point("float, exact", 4 * base.shape[1], _float(base, asked, k))]
        plain = _sign_codes(base, asked, n_bits, seed)
        for name, (items, queries, real) in {"codes": (codes, query_codes, query_outputs), "plain sign": plain}.items():
            index = BinaryIndex.build(items, n_bits, features=compact)
            points.append(point(name, n_bytes(n_bits), _hamming(index, queries, k)))
            for candidates in CANDIDATES:
                extra = n_bytes(n_bits) + base.shape[1] + 4
                ways = _reranked(index, queries, asked, k, candidates, "features")
                points.append(point(f"{name}, {candidates} re-ranked", extra, ways))
            if real is not None:
                ways = _reranked(index, queries, real, k, CANDIDATES[-1], "codes")
                points.append(point(f"{name}, real query", n_bytes(n_bits), ways))
        for name in ("PQ", "OPQ"):
            points.append(point(name, n_bytes(n_bits), _quantized(name, base, asked, k, n_bytes(n_bits))))
    return points


def draw_trade(points: list[TradePoint], path: Path) -> None:
    """Draw recall against time, the area of a mark being the bytes of an item; the format follows the ending."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    families = list(dict.fromkeys(point.name.partition(", ")[0] for point in points))
    for point in points:
        family, _, rest = point.name.partition(", ")
        colour = f"C{families.index(family)}"
        axes.scatter(point.milliseconds, point.recall, s=8 * point.bytes**0.7, alpha=0.5, color=colour)
        label, place = f"{rest or family} ({point.bytes:g} B)", (point.milliseconds, point.recall)
        axes.annotate(label, place, fontsize=7, xytext=(5, 3), textcoords="offset points", color=colour)
    patches = [Patch(color=f"C{number}", label=family) for number, family in enumerate(families)]
    figure.legend(handles=patches, loc="outside upper center", ncols=len(patches))
    axes.margins(x=0.2)
    axes.set(xscale="log", xlabel="milliseconds a query, one thread", ylabel="recall of the exact answer")
    axes.grid(alpha=0.3)
    with replacing(path, error=DataError) as aside:
        figure.savefig(aside, format=path.suffix.removeprefix(".") or None)


_Search = Callable[[], list[npt.NDArray[np.int64]]]


class _Measure:
    """Time a search and compare its rows with the exact ones."""

    def __init__(self, base: Real, asked: Real, k: int) -> None:
        self.k = min(k, len(base))
        self.truth = _float(base, asked, self.k)()

    def __call__(self, name: str, size: float, search: _Search) -> TradePoint:
        best = float("inf")
        for _ in range(REPEATS):
            start = time.perf_counter()
            found = search()
            best = min(best, time.perf_counter() - start)
        shares = [len(np.intersect1d(one, true)) / self.k for one, true in zip(found, self.truth, strict=True)]
        return TradePoint(name, size, 1000 * best / len(self.truth), float(np.mean(shares)))


def _float(base: Real, asked: Real, k: int) -> _Search:
    import faiss

    index = faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    return lambda: list(index.search(asked, k)[1])


def _hamming(index: BinaryIndex, queries: PackedCodes, k: int) -> _Search:
    return lambda: [ids for ids, _ in index.search(queries, k)]


def _reranked(
    index: BinaryIndex, queries: PackedCodes, real: npt.NDArray[Any], k: int, candidates: int, by: str
) -> _Search:
    most = max(k, candidates)
    return lambda: [ids for ids, _ in index.search_reranked(queries, real, k, candidates=most, by=by)]


def _sign_codes(base: Real, asked: Real, n_bits: int, seed: int) -> tuple[PackedCodes, PackedCodes, npt.NDArray[Any]]:
    width = base.shape[1]
    drawn = np.random.default_rng(seed).normal(size=(width, n_bits))
    turn = np.linalg.qr(drawn)[0] if n_bits <= width else drawn
    items, queries = ((side - base.mean(0)) @ turn for side in (base, asked))
    return np.packbits(items >= 0, axis=1), np.packbits(queries >= 0, axis=1), queries


def _quantized(name: str, base: Real, asked: Real, k: int, size: int) -> _Search:
    import faiss

    spare = -base.shape[1] % size  # a product quantizer splits the columns evenly; columns of zeros change nothing
    base, asked = (np.pad(side, ((0, 0), (0, spare))) for side in (base, asked))
    bits = min(8, max(1, int(np.log2(max(2, len(base) // 4)))))
    quantizer = faiss.IndexPQ(base.shape[1], size, bits, faiss.METRIC_INNER_PRODUCT)
    quantizer.pq.cp.min_points_per_centroid = 1
    index: Any = quantizer
    if name == "OPQ":
        turn = faiss.OPQMatrix(base.shape[1], size)
        turn.pq = quantizer.pq
        index = faiss.IndexPreTransform(turn, quantizer)
    index.train(base)
    index.add(base)
    return lambda: list(index.search(asked, k)[1])
