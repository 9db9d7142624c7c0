"""Codes on a retrieval set in BEIR's layout, beside the features that they come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, hamming_distance, n_bytes, pack, sign, unpack
from ..data.beir import RetrievalSet, read_beir
from ..errors import DataError
from ..metrics import judged_ndcg
from ..runs import RunFolder

__all__ = ["evaluate_beir", "measure_beir"]

Real = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32] | npt.NDArray[np.int32]
_CELLS = 1 << 24  # scores held at a time


def evaluate_beir(
    run: RunFolder,
    folder: str | Path,
    *,
    split: str = "test",
    text_encoder: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Encode a set's texts with the encoder of a run, and measure by :func:`measure_beir`.

    Args:
        run: a run that remembers its text encoder.
        folder: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/SPLIT.tsv``.
        split: of the judgements.
        text_encoder: where the encoder is now, where the run's own place is not it.
        on_progress: called with the texts done and their number.

    Returns:
        The report: ``run``, ``data``, ``split``, ``bits``, ``queries``, ``items``, ``judgements``, ``own_items``
        (questions that are an item themselves, which does not count), ``left_out`` and ``rows`` by name, each with
        ``ndcg@10``, ``bytes`` of an item, and ``kept``, the share of the features' figure.

    Raises:
        DataError: the set cannot be read.
        RunError, EncoderError: the run has no model, or does not know its text encoder.
    """
    from ..extraction import encode_texts, run_encoder

    found, model = read_beir(folder, split), run.model()
    encoder = run_encoder(run.path, "text", text_encoder)
    features = encode_texts([*found.texts, *found.queries], encoder, on_progress=on_progress)
    items, queries = features[: len(found.texts)], features[len(found.texts) :]
    outputs = model.real_text(queries)
    real = model.as_queries(outputs)
    rows = measure_beir(found, items, queries, model.encode_text(items), outputs, model.n_bits, real_queries=real)
    return {
        "run": str(run.path),
        "data": found.name,
        "split": found.split,
        "bits": model.n_bits,
        "queries": len(found.queries),
        "items": len(found.texts),
        "judgements": sum(map(len, found.judged)),
        "own_items": sum(map(len, found.same_rows())),
        "left_out": found.left_out.to_json(),
        "rows": rows,
    }


def measure_beir(
    found: RetrievalSet,
    items: Real,
    queries: Real,
    item_codes: PackedCodes,
    query_outputs: Real,
    n_bits: int,
    *,
    real_queries: Real | None = None,
    candidates: int = 100,
    n: int = 10,
) -> dict[str, dict[str, float]]:
    """Mean NDCG@n of features by cosine, of codes by Hamming distance, and of codes whose first items are scored again.

    Scored again are the ``candidates`` nearest by Hamming distance, by the inner product of the question's real query
    with the item's code: nothing but the code is kept of an item. Ties count in expectation.

    Args:
        found: M items, Q questions.
        items: (M, d) features.
        queries: (Q, d) features.
        item_codes: (M, ceil(D/8)) packed.
        query_outputs: (Q, D) real outputs, whose signs are the questions' codes.
        n_bits: D.
        real_queries: (Q, D), what scores again where that is not the outputs
            (:meth:`~ucch.models.HashModel.as_queries`).
        candidates: items scored again, at least ``n``.
        n: length of the list.

    Returns:
        ``float``, ``codes`` and ``codes, rescored``, each with ``ndcg@n``, ``bytes`` of an item and ``kept``.

    Raises:
        DataError: rows are not as many as items or questions.
    """
    asking = query_outputs if real_queries is None else real_queries
    for name, given, due in (
        ("items", len(items), len(found.texts)),
        ("item_codes", len(item_codes), len(found.texts)),
        ("queries", len(queries), len(found.queries)),
        ("query_outputs", len(query_outputs), len(found.queries)),
        ("real_queries", len(asking), len(found.queries)),
    ):
        if given != due:
            raise DataError(f"{name} must have {due} rows, got {given}")
    items, queries = _unit(items), _unit(queries)
    query_codes, own = pack(sign(query_outputs)), found.same_rows()
    figures: dict[str, list[float]] = {"float": [], "codes": [], "codes, rescored": []}
    step = max(1, _CELLS // max(len(items), 1))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        near: dict[str, Scores] = {
            "float": queries[part] @ items.T,
            "codes": -hamming_distance(query_codes[part], item_codes),
        }
        for offset, (cosines, minus) in enumerate(zip(near["float"], near["codes"], strict=True)):
            row = start + offset
            minus = minus.astype(np.float32)
            for scores in (cosines, minus):
                scores[own[row]] = -np.inf
            again = _rescored(minus, asking[row], item_codes, n_bits, candidates)
            for name, scores in zip(figures, (cosines, minus, again), strict=True):
                figures[name].append(judged_ndcg(scores, found.judged[row], found.gains[row], n))
    means = {name: float(np.mean(values)) for name, values in figures.items()}
    sizes = {"float": items.shape[1] * 4}
    return {
        name: {
            f"ndcg@{n}": mean,
            "bytes": sizes.get(name, n_bytes(n_bits)),
            "kept": mean / means["float"] if means["float"] else float("nan"),
        }
        for name, mean in means.items()
    }


def _unit(features: Real) -> Real:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.where(lengths > 0, lengths, 1), np.float32)


def _rescored(minus: Real, query: Real, codes: PackedCodes, n_bits: int, candidates: int) -> Real:
    """Scores of the nearest by Hamming distance, ties in the order of the items; the others are not in the list."""
    first = np.argsort(-minus, kind="stable")[:candidates]
    first = first[minus[first] > -np.inf]
    scores = np.full(len(minus), -np.inf, np.float32)
    scores[first] = unpack(codes[first], n_bits).astype(np.float32) @ query
    return scores
