"""What growing by a fifth of the pairs keeps of training on all of them, and what codes that stay cost.

    python benchmarks/growing_study.py --data-root DIR --embeddings DIR [--seeds 3] [--carved] [--set KEY=VALUE ...]

Four in five training pairs, drawn by the seed, make the earlier run; the others join it. Rows: digits and Wikipedia
(labels: MAP@ALL of the query split, mean of both ways) and captions 0 and 1 of images by MiniLM
(``python benchmarks/goals_on_captions.py FOLDER --cache DIR/captions.npz`` makes them): share of queries whose partner
is among the ten nearest of all queries and all training pairs, mean of both ways, and in brackets the share of the ten
nearest training items by the features that are among the ten nearest by code. ``all`` trains on all pairs by the
default recipe, ``earlier`` encodes new pairs by the earlier run as it is. Growing replays earlier pairs by their
``codes`` or by their ``features``; ``anew`` encodes earlier items again, ``kept`` lets them answer by the codes they
had, which is what --keep-codes does. ``moved`` is the share of bits of earlier items that the towers give otherwise,
``changed`` how many bits of the kept codes changed.

``digits-classes`` is a drift made on purpose: the classes 8 and 9 join the others. The second table is what
``ucch data drift`` says of every draw, without labels: what codes keep of unseen earlier pairs and of new ones.

With --carved a sixth of the training pairs ask and the query split is not touched: settings are chosen so. Every run is
appended to ``--record`` and not repeated; earlier runs are kept beside it, so that a stopped study goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from supervised import Record, carved, row

from ucch.codes import PackedCodes
from ucch.data import PairedDataset, Pairs, load_dataset, load_npz
from ucch.data.joined import joined_pairs
from ucch.evaluation import EncodedDataset, measure
from ucch.metrics import cosine_neighbors, distance_histograms, hit_rate_at, neighbors_kept
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.growing import (
    Earlier,
    GrowingTrainer,
    GrowthCodes,
    grown_recipe,
    measured_drift,
)

WAYS, CLASSES, EARLIER_CLASSES = ("codes", "features"), "digits-classes", 8
Codes = dict[str, PackedCodes]


def main() -> None:
    """Run what the record lacks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/")
    parser.add_argument("--embeddings", type=Path, help="holds captions.npz")
    parser.add_argument("--only", nargs="+", help="names of sets")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="of growing alone")
    parser.add_argument("--carved", action="store_true", help="choose on training pairs")
    parser.add_argument("--record", type=Path, default=Path("runs/growing_study.jsonl"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    record = Record(given.record)
    print(row("data", "way", "anew", "kept", "less all", "kept less all", "steps", "moved", "changed"))
    print(row("---", "---", *["---:"] * 7))
    drifts = []
    for name, dataset in loaded(given).items():
        rows: dict[str, list[dict[str, Any]]] = {}
        for seed in range(given.seeds):
            for way, found in of_seed(record, given, name, dataset, seed):
                rows.setdefault(way, []).append(found)
        for way, runs in rows.items():
            print(line(name, way, runs, rows["all"]), flush=True)
        drifts += [(name, seed, run["drift"]) for seed, run in enumerate(rows["earlier"])]
    print()
    print(row("data", "seed", "neighbours", "of new", "partners", "of new", "advice"))
    print(row("---", *["---:"] * 5, "---"))
    for name, seed, drift in drifts:
        figures = [drift[kind][what] for what in ("neighbors", "partners") for kind in ("earlier", "new")]
        print(row(name, str(seed), *(f"{value:.3f}" for value in figures), drift["advice"]))


def loaded(given: argparse.Namespace) -> dict[str, PairedDataset]:
    """The sets there are files for."""
    digits = load_dataset("digits", None)
    found = {"digits": digits, CLASSES: digits}
    if given.data_root:
        found["wikipedia"] = load_dataset("wikipedia", given.data_root / "wikipedia")
    if given.embeddings:
        found["captions"] = load_npz(given.embeddings / "captions.npz")
    chosen = {name: dataset for name, dataset in found.items() if not given.only or name in given.only}
    return {name: carved(dataset) for name, dataset in chosen.items()} if given.carved else chosen


def of_seed(
    record: Record, given: argparse.Namespace, name: str, dataset: PairedDataset, seed: int
) -> list[tuple[str, dict[str, Any]]]:
    """Figures of every way, by one draw of the earlier pairs."""
    old, new = by_class(dataset.train) if name == CLASSES else parted(dataset.train, seed)
    pairs, query = joined_pairs(old, new), dataset.query
    unseen = by_class(query)[0] if name == CLASSES else query
    where = "carved" if given.carved else "query"
    folder = given.record.with_suffix("") / f"{name}-{given.bits}-{where}-{seed}"

    def trained_on_all() -> dict[str, Any]:
        trainer = trained(given, seed, pairs)
        return scored(trainer.finished_model(), query, pairs) | {"steps": trainer.steps_done}

    def earlier() -> Earlier:
        if not (folder / "items.safetensors").exists():
            trainer = trained(given, seed, old)
            folder.parent.mkdir(parents=True, exist_ok=True)
            Earlier.of_trainer(trainer, trainer.finished_model()).save(folder)
        return Earlier.load(folder)

    def asked_first(model: HashModel) -> dict[str, Any]:
        return scored(model, query, pairs) | {"drift": measured_drift(model, old, unseen, new).as_dict()}

    key = [name, given.bits, where, seed]
    found = [
        ("all", record.get(["all", *key], trained_on_all)),
        ("earlier", record.get(["earlier", *key], lambda: asked_first(earlier().model))),
    ]
    for way in given.ways:
        value = record.get(
            [way, *key, *given.settings], lambda w=way: grown(earlier(), w, query, old, new, given.settings)
        )
        found.append((way, value))
    return found


def parted(train: Pairs, seed: int) -> tuple[Pairs, Pairs]:
    """Four in five pairs, and the others, each in order."""
    order = np.random.default_rng([seed, 22]).permutation(len(train))
    count = round(0.8 * len(train))
    return train.take(np.sort(order[:count])), train.take(np.sort(order[count:]))


def by_class(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Pairs of the earlier classes, and of the others."""
    earlier = pairs.label[:, :EARLIER_CLASSES].any(axis=1)
    return pairs.take(earlier), pairs.take(~earlier)


def trained(given: argparse.Namespace, seed: int, pairs: Pairs) -> Trainer:
    """A run by the default recipe."""
    trainer = Trainer(load_recipe("default", [f"bits={given.bits}", f"seed={seed}"]), pairs)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    return trainer


def grown(earlier: Earlier, way: str, query: Pairs, old: Pairs, new: Pairs, settings: list[str]) -> dict[str, Any]:
    """Grow and ask, of earlier items encoded anew and by the codes they had."""
    pairs = joined_pairs(old, new)
    all_known = replace(earlier, replayed=len(old))
    trains = all_known if way == "features" else earlier
    recipe = load_recipe(grown_recipe(earlier.recipe), settings)
    trainer = GrowingTrainer(recipe, pairs if way == "features" else new, earlier=trains)
    seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
    model = trainer.finished_model()
    codes = GrowthCodes.of(all_known, model, pairs)
    kept = codes.of_all(keep_codes=True)
    spent = {"steps": trainer.steps_done, "steps_of_all": trainer.steps_of_all, "seconds": seconds}
    growth = codes.growth(keep_codes=False, **spent)
    changed = sum(int(np.unpackbits(rows ^ kept[kind][: len(rows)]).sum()) for kind, rows in codes.before.items())
    return {
        **scored(model, query, pairs),
        "kept": score(model, query, pairs, kept),
        "moved": float(np.mean(list(growth.moved.values()))),
        "changed": changed,
        "handed": None if trainer.verdict is None else trainer.verdict.hands_over,
        **spent,
    }


def scored(model: HashModel, query: Pairs, items: Pairs) -> dict[str, Any]:
    """Figures of all items encoded by one model."""
    codes = {"image": model.encode_image(items.image), "text": model.encode_text(items.text)}
    return {"anew": score(model, query, items, codes)}


def score(model: HashModel, query: Pairs, items: Pairs, codes: Codes) -> list[float]:
    """MAP; without labels recall@10 of partners, and of the features' neighbours."""
    asks = {"image": model.encode_image(query.image), "text": model.encode_text(query.text)}
    if query.label is not None:
        dataset = PairedDataset("grown", train=items, query=query)
        ranked = measure(EncodedDataset(dataset, model.n_bits, asks, codes))
        return [float(np.mean([result.figures["map"] for result in ranked.values()]))]
    partners, neighbors, own = [], [], np.arange(len(query))
    for one, other in (("image", "text"), ("text", "image")):
        gallery = np.concatenate([asks[other], codes[other]])
        found = distance_histograms(asks[one], gallery, own, np.arange(len(gallery)), model.n_bits)
        partners.append(hit_rate_at(found, 10).mean())
        theirs, answers = getattr(items, one), getattr(items, other)
        nearest = cosine_neighbors(getattr(query, one) - theirs.mean(axis=0), answers - answers.mean(axis=0))
        neighbors.append(neighbors_kept(nearest, asks[one], codes[other], model.n_bits).mean())
    return [float(np.mean(partners)), float(np.mean(neighbors))]


def line(name: str, way: str, runs: list[dict[str, Any]], of_all: list[dict[str, Any]]) -> str:
    """Means over seeds; differences are of the same draws."""

    def said(values: list[list[float]], sign: str = "") -> str:
        mean, spread = np.mean(values, axis=0), np.std(values, axis=0)
        first = f"{mean[0]:{sign}.4f} ± {spread[0]:.4f}"
        return first + (f" ({mean[1]:{sign}.4f})" if len(mean) > 1 else "")

    def less(kind: str) -> str:
        pairs = zip(runs, of_all, strict=True)
        return said([[a - b for a, b in zip(run[kind], best["anew"], strict=True)] for run, best in pairs], "+")

    if "kept" not in runs[0]:
        steps = str(runs[0].get("steps", 0))
        return row(name, way, said([run["anew"] for run in runs]), "", less("anew"), "", steps, "", "")
    share = np.mean([run["steps"] / best["steps"] for run, best in zip(runs, of_all, strict=True)])
    figures = [said([run[kind] for run in runs]) for kind in ("anew", "kept")]
    moved, changed = np.mean([run["moved"] for run in runs]), max(run["changed"] for run in runs)
    return row(name, way, *figures, less("anew"), less("kept"), f"{share:.1%}", f"{moved:.2%}", str(changed))


if __name__ == "__main__":
    main()
