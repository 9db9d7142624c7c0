"""Measure search: every kind of index by size, and how much of the float answer short codes keep.

    python benchmarks/bench_search.py kinds --sizes 100000 1000000 --photos photos/images
    python benchmarks/bench_search.py flat --size 10000000
    python benchmarks/bench_search.py recall --captions captions.csv --encoder minilm
    python benchmarks/bench_search.py real --size 1000000

``kinds`` takes patches of photographs for features (``photo_patches.py``); without ``--photos`` it makes some: 64
columns, drawn around 2,000 centres, whose sizes follow a power law as those of real topics do. Codes are the signs of a
random rotation. ``--rows`` measures some of the rows alone, for sizes that take long. ``recall`` takes real captions.
``real`` times unrounded queries against random codes of 64, 128 and 256 bits, three ways, beside the Hamming search.
Everything runs on one thread; compare rows of one run with each other only. ``--json FILE`` adds a line per row.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

BITS, WIDTH, N_QUERIES, K = 64, 64, 1000, 10
FLOAT = ("float flat", "IVF-PQ")
ROWS = ("flat", "ivf", "multihash", "hnsw", "tune", *FLOAT)


def made_features(n: int, seed: int = 0) -> Any:
    """Clustered features, (n, 64), and queries of the same kind."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(2000, WIDTH)).astype(np.float32)
    share = 1 / np.arange(1, 2001) ** 0.7
    total = n + N_QUERIES
    rows = centres[rng.choice(2000, total, p=share / share.sum())]
    rows += 0.6 * rng.standard_normal(size=(total, WIDTH), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:n], rows[n:]


def timed_queries(search: Any, queries: Any) -> tuple[float, float]:
    """Milliseconds of one query by itself (median of 100) and within a batch (best of three)."""
    single = []
    for row in range(min(100, len(queries))):
        start = time.perf_counter()
        search(queries[row : row + 1])
        single.append(time.perf_counter() - start)
    batch = []
    for _ in range(3):
        start = time.perf_counter()
        search(queries)
        batch.append(time.perf_counter() - start)
    return 1000 * float(np.median(single)), 1000 * min(batch) / len(queries)


def features_of(photos: Path | None, n: int) -> Any:
    """Features and queries: patches of the photographs, or made."""
    if photos is None:
        return made_features(n)
    from photo_patches import patch_features

    return patch_features(photos, n, N_QUERIES)


def codes_of(features: Any, asked: Any) -> Any:
    """The signs of a random rotation, packed."""
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, BITS)))[0].astype(np.float32)
    return tuple(np.packbits(side @ turn >= 0, axis=1) for side in (features, asked))


def bench_kinds(sizes: list[int], target: float, photos: Path | None, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Each kind at the first setting that reaches the target, beside float flat and IVF-PQ of equal bytes."""
    rows = []
    for n in sizes:
        features, asked = features_of(photos, n)
        codes, queries = codes_of(features, asked)
        tuning, held = queries[: N_QUERIES // 2], queries[N_QUERIES // 2 :]
        asked = asked[N_QUERIES // 2 :]
        nearest = _nearest(features, asked)
        for name in wanted:
            if name == "tune":
                row = _tuned_row(codes, tuning, held, target, nearest)
            elif name in FLOAT:
                row = _float_row(name, features, asked, nearest)
            else:
                row = _kind_row(name, codes, tuning, held, target, nearest)
            rows.append({"codes": n} | row)
            _say(rows[-1])
    return rows


def _nearest(features: Any, asked: Any) -> Any:
    """The K nearest by the floats."""
    import faiss

    index = faiss.IndexFlatIP(WIDTH)
    index.add(features)
    return index.search(asked, K)[1]


def _of_float(found: Any, nearest: Any) -> float:
    return float(np.mean([len(np.intersect1d(one, true)) / K for one, true in zip(found, nearest, strict=True)]))


def _kind_row(kind: str, codes: Any, tuning: Any, held: Any, target: float, nearest: Any) -> dict[str, Any]:
    from ucch.retrieval import BinaryIndex, tie_aware_recall
    from ucch.retrieval.tuning import settings

    flat = BinaryIndex.build(codes, BITS)
    start = time.perf_counter()
    index = BinaryIndex.build(codes, BITS, kind=kind, reproducible=True)
    seconds = time.perf_counter() - start
    reached = kind == "flat"
    if not reached:
        for choice in settings(index, tuning, K, flat.search(tuning, K)):
            reached = choice.reaches(target)
            if reached:
                break
    size = codes.shape[1] + 8 + index._engine.structure().nbytes / len(codes)
    single, batch = timed_queries(lambda some: index.search(some, K), held)
    hits = index.search(held, K)
    recall, of_float = float(tie_aware_recall(hits, flat.search(held, K)).mean()), _of_float(_ids(hits), nearest)
    row = _row(kind, index.parameters, seconds, size, single, batch, recall, of_float)
    return row if reached else row | {"missed": f"no setting keeps {target} with its margin"}


def _ids(hits: Any) -> list[Any]:
    return [ids for ids, _ in hits]


def _tuned_row(codes: Any, tuning: Any, held: Any, target: float, nearest: Any) -> dict[str, Any]:
    from ucch.retrieval import BinaryIndex, tie_aware_recall, tune

    start = time.perf_counter()
    tuned = tune(codes, BITS, target, queries=tuning)
    seconds = time.perf_counter() - start
    size = codes.shape[1] + 8 + tuned.index._engine.structure().nbytes / len(codes)
    exact = BinaryIndex.build(codes, BITS).search(held, K)
    single, batch = timed_queries(lambda some: tuned.index.search(some, K), held)
    hits = tuned.index.search(held, K)
    recall, of_float = float(tie_aware_recall(hits, exact).mean()), _of_float(_ids(hits), nearest)
    name = f"--tune {target}: {tuned.choice.kind}"
    return _row(name, tuned.choice.parameters, seconds, size, single, batch, recall, of_float)


def _float_row(name: str, features: Any, asked: Any, nearest: Any) -> dict[str, Any]:
    import faiss

    if name == "float flat":
        index, size, parameters = faiss.IndexFlatIP(WIDTH), 4 * WIDTH, {}
    else:
        nlist = min(4 * int(len(features) ** 0.5), len(features) // 39)
        quantizer = faiss.IndexFlatIP(WIDTH)
        index = faiss.IndexIVFPQ(quantizer, WIDTH, nlist, BITS // 8, 8, faiss.METRIC_INNER_PRODUCT)
        index.nprobe, size, parameters = 32, BITS // 8 + 8, {"nlist": nlist, "nprobe": 32}
    start = time.perf_counter()
    if not index.is_trained:
        index.train(features[np.random.default_rng(0).permutation(len(features))[:200_000]])
    index.add(features)
    seconds = time.perf_counter() - start
    single, batch = timed_queries(lambda some: index.search(some, K), asked)
    of_float = _of_float(index.search(asked, K)[1], nearest)
    return _row(name, parameters, seconds, size, single, batch, None, of_float)


def bench_flat(n: int) -> list[dict[str, Any]]:
    """The exact search over random codes of 64 bits, from a file that is mapped."""
    import tempfile
    from pathlib import Path

    from ucch.retrieval import BinaryIndex

    rng = np.random.default_rng(0)
    codes, queries = (rng.integers(0, 256, (rows, BITS // 8), dtype=np.uint8) for rows in (n, 100))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it.index"
        start = time.perf_counter()
        BinaryIndex.build(codes, BITS).save(path)
        seconds, size = time.perf_counter() - start, path.stat().st_size / n
        start = time.perf_counter()
        index = BinaryIndex.load(path)
        opened = time.perf_counter() - start
        single, batch = timed_queries(lambda some: index.search(some, K), queries)
    row = (
        {"codes": n} | _row("flat", {}, seconds, size, single, batch, 1.0, None) | {"open_milliseconds": 1000 * opened}
    )
    _say(row)
    return [row]


def bench_recall(captions: str, encoder: str, picture: Path | None) -> list[dict[str, Any]]:
    """Recall@10 of the float top-10 on caption embeddings: learnt codes, sign, ITQ, PQ; alone and re-ranked."""
    import faiss

    from ucch import Hasher
    from ucch.data.captions import read_captions
    from ucch.encoders import text_encoder
    from ucch.extraction import encode_texts
    from ucch.retrieval.trade import draw_trade, measure_trade

    texts = sorted(set(read_captions(captions).texts))
    features = encode_texts(texts, text_encoder(encoder))
    order = np.random.default_rng(0).permutation(len(texts))
    asked, base = features[order[:500]], features[order[500:]]
    rows = []
    for bits in (64, 128, 256):
        hasher = Hasher(n_bits=bits).fit(base)
        itq = faiss.ITQTransform(base.shape[1], bits, True)
        itq.train(base)
        model = hasher.model_
        (view,) = model.names
        ways = {
            "ucch": ([model.encode(view, side) for side in (base, asked)], model.real_query(view, asked)),
            "ITQ": ([np.packbits(itq.apply(side) >= 0, axis=1) for side in (base, asked)], itq.apply(asked)),
        }
        for name, ((codes, queries), outputs) in ways.items():
            points = measure_trade(codes, queries, bits, base, asked, query_outputs=outputs)
            if picture is not None and (name, bits) == ("ucch", 64):
                draw_trade(points, picture)
            for point in points:
                shown = point.name.replace("codes", name)
                if name == "ucch" or "codes" in point.name:
                    rows.append(
                        {
                            "bits": bits,
                            "way": shown,
                            "bytes": point.bytes,
                            "ms": point.milliseconds,
                            "recall": point.recall,
                        }
                    )
                    _say(rows[-1])
    return rows


def bench_real(n: int) -> list[dict[str, Any]]:
    """Unrounded queries: every code by tables, by a product with codes unpacked in chunks, and a shortlist of 200."""
    from ucch.codes import unpack
    from ucch.retrieval import BinaryIndex

    rng, rows = np.random.default_rng(0), []
    for n_bits in (64, 128, 256):
        codes = rng.integers(0, 256, (n, n_bits // 8), dtype=np.uint8)
        real = rng.normal(size=(100, n_bits)).astype(np.float32)
        queries, index = np.packbits(real >= 0, axis=1), BinaryIndex.build(codes, n_bits)

        def unpacked(asked: Any, codes: Any = codes, n_bits: int = n_bits) -> Any:
            best = np.full((len(asked), K), -np.inf, np.float32)
            for start in range(0, len(codes), 1 << 16):
                scores = asked @ unpack(codes[start : start + (1 << 16)], n_bits).astype(np.float32).T
                best = -np.partition(-np.concatenate([best, scores], axis=1), K - 1, axis=1)[:, :K]
            return np.sort(best, axis=1)[:, ::-1]

        start = time.perf_counter()
        exact = index.search_real(real, K)
        first = time.perf_counter() - start
        scale = np.linalg.norm(real, axis=1, keepdims=True) * np.sqrt(n_bits)
        found = np.stack([distances for _, distances in exact])
        worst = float(np.abs((1 - found) * scale - unpacked(real)).max())
        ways = {
            "Hamming": lambda rows, index=index, all_=queries: index.search(all_[: len(rows)], K),
            "real, tables": lambda rows, index=index: index.search_real(rows, K),
            "real, unpacked in chunks": unpacked,
            "real, 200 re-ranked": lambda rows, index=index: index.search_real(rows, K, candidates=200),
        }
        for name, search in ways.items():
            single, batch = timed_queries(search, real)
            share = _of_exact(search(real), exact) if name != "real, unpacked in chunks" else 1.0
            rows.append(
                {"codes": n, "bits": n_bits, "way": name, "one_ms": single, "batch_ms": batch, "of_exact": share}
            )
            print(
                f"{n_bits:4} {name:26}{single:9.2f} ms alone {batch:9.2f} ms in 100   of exact {share:.3f}", flush=True
            )
        print(f"{n_bits:4} first search {first:.2f} s with the copy; scores differ by {worst:.1e} at most", flush=True)
    return rows


def _of_exact(found: Any, exact: Any) -> float:
    """Share of the exact answer that another one has, by ids."""
    pairs = zip(found, exact, strict=True)
    return float(np.mean([len(np.intersect1d(one[0], other[0])) / len(other[0]) for one, other in pairs]))


def _row(
    kind: str, parameters: Any, seconds: float, size: float, single: float, batch: float, recall: Any, of_float: Any
) -> dict[str, Any]:
    return {
        "kind": kind, "parameters": parameters, "build_seconds": seconds, "bytes_per_item": size,
        "single_ms": single, "batch_ms": batch, "recall": recall, "recall_of_float": of_float,
    }  # fmt: skip


def _say(row: dict[str, Any]) -> None:
    shown = (f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items())
    print("  ".join(shown), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kinds", "flat", "recall", "real"], nargs="?", default="kinds")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--target", type=float, default=0.95)
    parser.add_argument("--size", type=int, default=10_000_000)
    parser.add_argument("--captions")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--picture", type=Path, help="recall: draw the trade at 64 bits")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    from ucch.retrieval.engine import one_thread

    with one_thread():
        if given.what == "kinds":
            rows = bench_kinds(given.sizes, given.target, given.photos, given.rows)
        elif given.what == "flat":
            rows = bench_flat(given.size)
        elif given.what == "real":
            rows = bench_real(given.size)
        else:
            rows = bench_recall(given.captions, given.encoder, given.picture)
    if given.json:
        with given.json.open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
