"""Measure search: every kind of index by size, and how much of the float answer short codes keep.

    python benchmarks/bench_search.py kinds --sizes 100000 1000000
    python benchmarks/bench_search.py flat --size 10000000
    python benchmarks/bench_search.py recall --captions captions.csv --encoder sentence:MODEL
    python benchmarks/bench_search.py load --url http://127.0.0.1:8765/ --bits 64

``kinds`` makes features: 64 columns, drawn around 2,000 centres, whose sizes follow a power law as those of real
topics do; codes are the signs of a random rotation of them. ``recall`` takes real captions. Everything runs on one
thread; compare rows of one run with each other only. ``--json`` prints one object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from typing import Any

import numpy as np

BITS, WIDTH, N_QUERIES, K = 64, 64, 1000, 10


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


def bench_kinds(sizes: list[int], target: float) -> list[dict[str, Any]]:
    """Each kind at the first setting that reaches the target, beside float flat and IVF-PQ of equal bytes."""
    return [row for n in sizes for row in _kinds_of_size(n, target)]


def _kinds_of_size(n: int, target: float) -> list[dict[str, Any]]:
    from ucch.retrieval import KINDS, BinaryIndex, tie_aware_recall, tune

    features, asked = made_features(n)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, BITS)))[0].astype(np.float32)
    codes, queries = (np.packbits(side @ turn >= 0, axis=1) for side in (features, asked))
    tuning, held = queries[: N_QUERIES // 2], queries[N_QUERIES // 2 :]
    flat = BinaryIndex.build(codes, BITS)
    exact = flat.search(held, K)
    rows = []
    for kind in sorted(KINDS):
        start = time.perf_counter()
        tuned = tune(codes, BITS, target, queries=tuning, kinds=[kind])
        chosen = tuned.measured[-1]
        start = time.perf_counter()
        index = BinaryIndex.build(codes, BITS, kind=kind, parameters=chosen.parameters)
        seconds = time.perf_counter() - start
        size = codes.shape[1] + 8 + index._engine.structure().nbytes / n
        single, batch = timed_queries(lambda some, index=index: index.search(some, K), held)
        recall = float(tie_aware_recall(index.search(held, K), exact).mean())
        rows.append(_row(n, kind, chosen.parameters, seconds, size, single, batch, recall))
        _say(rows[-1])
    choice = tune(codes, BITS, target, queries=tuning)
    recall = float(tie_aware_recall(choice.index.search(held, K), exact).mean())
    rows.append({"codes": n, "kind": f"--tune {target}: {choice.choice.kind}", "recall_held_out": recall})
    _say(rows[-1])
    return rows + _float_ways(n, features, asked[N_QUERIES // 2 :])


def _float_ways(n: int, features: Any, asked: Any) -> list[dict[str, Any]]:
    import faiss

    exact = faiss.IndexFlatIP(WIDTH)
    quantizer = faiss.IndexFlatIP(WIDTH)
    quantized = faiss.IndexIVFPQ(quantizer, WIDTH, 4 * int(n**0.5), BITS // 8, 8, faiss.METRIC_INNER_PRODUCT)
    rows, truth = [], None
    for name, index, size in (("float flat", exact, 4 * WIDTH), ("IVF-PQ", quantized, BITS // 8 + 8)):
        start = time.perf_counter()
        if not index.is_trained:
            index.train(features[:200_000])
        index.add(features)
        seconds = time.perf_counter() - start
        quantized.nprobe = 32
        single, batch = timed_queries(lambda some, index=index: index.search(some, K), asked)
        found = index.search(asked, K)[1]
        truth = found if truth is None else truth
        recall = float(np.mean([len(np.intersect1d(a, b)) / K for a, b in zip(found, truth, strict=True)]))
        rows.append(_row(n, f"{name} (recall of float)", {}, seconds, size, single, batch, recall))
        _say(rows[-1])
    return rows


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
    row = _row(n, "flat", {}, seconds, size, single, batch, 1.0) | {"open_milliseconds": 1000 * opened}
    _say(row)
    return [row]


def bench_recall(captions: str, encoder: str, epochs: int) -> list[dict[str, Any]]:
    """Recall@10 of the float top-10 on caption embeddings: learnt codes, sign, ITQ, PQ; alone and re-ranked."""
    import faiss

    from ucch import CrossModalHasher
    from ucch.data.captions import read_captions
    from ucch.encoders import text_encoder
    from ucch.extraction import encode_texts
    from ucch.retrieval.trade import measure_trade

    texts = sorted(set(read_captions(captions).texts))
    features = encode_texts(texts, text_encoder(encoder))
    order = np.random.default_rng(0).permutation(len(texts))
    asked, base = features[order[:500]], features[order[500:]]
    rows = []
    for bits in (64, 128, 256):
        hasher = CrossModalHasher(n_bits=bits, epochs=epochs).fit(base, base)
        itq = faiss.ITQTransform(base.shape[1], bits, True)
        itq.train(base)
        ways = {
            "ucch": [hasher.encode_text(side) for side in (base, asked)],
            "ITQ": [np.packbits(itq.apply(side) >= 0, axis=1) for side in (base, asked)],
        }
        for name, (codes, queries) in ways.items():
            for point in measure_trade(codes, queries, bits, base, asked):
                shown = point.name.replace("codes", name)
                if name == "ucch" or "codes" in point.name:
                    rows.append({"bits": bits, "way": shown, "bytes": point.bytes, "recall": point.recall})
                    _say(rows[-1])
    return rows


def bench_load(url: str, bits: int, clients: int, seconds: float) -> list[dict[str, Any]]:
    """Clients that ask a server on loopback without a pause, one question in five in words."""
    import httpx

    statuses: Counter[str] = Counter()
    times: list[float] = []

    async def client(session: Any, number: int, end: float) -> None:
        draw = random.Random(number)
        while time.monotonic() < end:
            code = draw.getrandbits(bits).to_bytes(bits // 8, "big").hex()
            query = {"text": f"a dog {draw.random()}"} if draw.random() < 0.2 else {"code": code}
            start = time.perf_counter()
            answer = await session.post("search", json=query)
            times.append(time.perf_counter() - start)
            statuses[str(answer.status_code)] += 1

    async def run() -> None:
        limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as session:
            end = time.monotonic() + seconds
            await asyncio.gather(*(client(session, number, end) for number in range(clients)))

    asyncio.run(run())
    times.sort()
    row = {
        "clients": clients,
        "seconds": seconds,
        "statuses": dict(statuses),
        "requests_per_second": len(times) / seconds,
    }
    row |= {"median_ms": 1000 * times[len(times) // 2], "p99_ms": 1000 * times[int(0.99 * len(times))]}
    _say(row)
    return [row]


def _row(
    n: int, kind: str, parameters: Any, seconds: float, size: float, single: float, batch: float, recall: float
) -> Any:
    return {
        "codes": n, "kind": kind, "parameters": parameters, "build_seconds": seconds, "bytes_per_item": size,
        "single_ms": single, "batch_ms": batch, "recall": recall,
    }  # fmt: skip


def _say(row: dict[str, Any]) -> None:
    shown = (f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items())
    print("  ".join(shown), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kinds", "flat", "recall", "load"], nargs="?", default="kinds")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000])
    parser.add_argument("--size", type=int, default=10_000_000)
    parser.add_argument("--target", type=float, default=0.95)
    parser.add_argument("--captions")
    parser.add_argument("--encoder", default="sentence")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--url", default="http://127.0.0.1:8765/")
    parser.add_argument("--bits", type=int, default=BITS)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.what == "load":
        rows = bench_load(given.url, given.bits, given.clients, given.seconds)
    else:
        from ucch.retrieval.engine import one_thread

        with one_thread():
            if given.what == "kinds":
                rows = bench_kinds(given.sizes, given.target)
            elif given.what == "flat":
                rows = bench_flat(given.size)
            else:
                rows = bench_recall(given.captions, given.encoder, given.epochs)
    if given.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
