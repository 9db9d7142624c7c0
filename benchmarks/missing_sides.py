"""What it costs that half of the training pairs lack a side, and what one code of picture and text gains.

    python benchmarks/missing_sides.py --data-root DIR --embeddings DIR [--queries] [--seeds 1]

A quarter of the training pairs, drawn at random, lose their image and another quarter their text. Rows: digits and
Wikipedia (MAP@ALL, mean of both ways; items compete where the side they have is searched, whichever way the model was
trained), captions 0 and 1 of images by MiniLM (share of queries whose partner is among their ten nearest queries, mean
of both ways; ``python benchmarks/goals_on_captions.py FOLDER --cache DIR/captions.npz`` makes them). ``all`` trains by
the default recipe on the pairs as they were, ``drop`` on those left whole, ``keep`` on all items by what they have.

The second table asks models of ``all`` by the picture, by the text and by the code of both, in a database of pictures,
texts, or codes of both (MAP@ALL, sets with labels).

Without ``--queries`` the query split is not touched: a fifth of the training pairs, by another draw, stands in for it.
Every run is appended to ``--record`` and not repeated, so that a stopped study goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from supervised import Record, row
from wrong_pairs import loaded

from ucch.data import PairedDataset, Pairs
from ucch.evaluation import encode_dataset, evaluate
from ucch.evaluation.ranking import measure_ranking
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.guarantee import what_is_kept

WAYS, ASKS, ANSWERS = ("all", "drop", "keep"), ("image", "text", "item"), ("image", "text", "item")


def main() -> None:
    """Run what the record lacks, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/")
    parser.add_argument("--embeddings", type=Path, help="holds captions.npz")
    parser.add_argument("--only", nargs="+", help="names of sets")
    parser.add_argument("--queries", action="store_true", help="the query split, once everything is chosen")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--record", type=Path, default=Path("runs/missing_sides.jsonl"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    record, sets, found = Record(given.record), loaded(given), {}
    print(row("data", *WAYS, "drop loses", "keep loses"))
    print(row("---", *["---:"] * 5))
    for name, dataset in sets.items():
        asked = dataset if given.queries else carved(dataset)
        for way in WAYS:
            found[name, way] = [
                record.get(
                    [name, given.bits, way, seed, given.queries],
                    lambda d=asked, w=way, n=seed: run(d, w, given.bits, n),
                )
                for seed in range(given.seeds)
            ]
        score = {way: float(np.mean([one["score"] for one in found[name, way]])) for way in WAYS}
        lost = [f"{score['all'] - score[way]:.3f}" for way in WAYS[1:]]
        print(row(name, *(f"{score[way]:.3f}" for way in WAYS), *lost), flush=True)
    print()
    print(row("data", "asked by", *(f"in {kind}" for kind in ANSWERS)))
    print(row("---", "---", *["---:"] * len(ANSWERS)))
    for name in sets:
        for asks in ASKS:
            runs = [one["items"] for one in found[name, "all"]]
            if runs[0]:
                print(row(name, asks, *(f"{np.mean([one[asks][kind] for one in runs]):.3f}" for kind in ANSWERS)))


def carved(dataset: PairedDataset) -> PairedDataset:
    """Training pairs alone: a fifth of them ask the others."""
    order = np.random.default_rng(1).permutation(len(dataset.train))
    n_asked = len(order) // 5
    train, asked = (dataset.train.take(np.sort(part)) for part in (order[n_asked:], order[:n_asked]))
    return PairedDataset(dataset.name, train, asked)


def one_sided(pairs: Pairs, seed: int) -> Pairs:
    """The pairs, a quarter of them without their image and a quarter without their text."""
    order, quarter = np.random.default_rng([seed, 9]).permutation(len(pairs)), len(pairs) // 4
    image_seen, text_seen = np.ones(len(pairs), dtype=bool), np.ones(len(pairs), dtype=bool)
    image_seen[order[:quarter]] = False
    text_seen[order[quarter : 2 * quarter]] = False
    return Pairs(pairs.image, pairs.text, pairs.label, image_seen=image_seen, text_seen=text_seen)


def run(dataset: PairedDataset, way: str, bits: int, seed: int) -> dict[str, Any]:
    """Train and ask."""
    items = one_sided(dataset.train, seed)
    train = {"all": dataset.train, "drop": items.complete(), "keep": items}[way]
    trainer = Trainer(load_recipe("default", [f"bits={bits}", f"seed={seed}"]), train)
    seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
    model, both = trainer.finished_model(), {}
    if dataset.query.label is None:
        score = what_is_kept(model, dataset.query, np.arange(len(dataset.query)), shared=True).partners
    else:
        score = evaluate(encode_dataset(model, PairedDataset(dataset.name, items, dataset.query)))["map_mean"]
        both = asked_by_items(model, dataset)
    return {"score": score, "items": both, "goal": trainer.choice.goal, "seconds": seconds}


def asked_by_items(model: HashModel, dataset: PairedDataset) -> dict[str, dict[str, float]]:
    """MAP by what asks and what answers."""
    codes = [
        {
            "image": model.encode_image(pairs.image),
            "text": model.encode_text(pairs.text),
            "item": model.encode_item(pairs.image, pairs.text),
        }
        for pairs in (dataset.query, dataset.train)
    ]
    query, database = dataset.query.label, dataset.train.label
    assert query is not None
    assert database is not None
    return {
        asks: {
            kind: measure_ranking(codes[0][asks], query, (codes[1][kind], database), model.n_bits).figures["map"]
            for kind in ANSWERS
        }
        for asks in ASKS
    }


if __name__ == "__main__":
    main()
