"""What training loses when a share of the pairs is wrong, and whether an audit names them as precisely as it says.

    python benchmarks/wrong_pairs.py --data-root DIR --embeddings DIR [--ways none auto oracle] [--seeds 1] [--carved]

A share of the training texts, drawn at random, is exchanged among itself. Rows: digits and Wikipedia (labels: MAP@ALL
of the query split, which asks the training pairs as they were, mean of both ways), captions 0 and 1 of images by MiniLM
(share of queries whose partner is among their ten nearest queries, mean of both ways;
``python benchmarks/goals_on_captions.py FOLDER --cache DIR/captions.npz`` makes them). ``none`` trains by the default
recipe, ``auto`` with ``pairs.trust=auto``, which is told neither the share nor the rows, ``oracle`` on the right pairs
alone, which nobody knows: the most that leaving wrong pairs out can reach. The query split chooses nothing; with
--carved a sixth of the training pairs asks in its place. The audit's precision is the one stated and the one measured,
of all pairs named at .5 and .8. Every run is appended to ``--record`` and not repeated: a stopped study goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from supervised import Record, carved, row

from ucch.data import PairedDataset, Pairs, load_dataset, load_npz
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.guarantee import what_is_kept
from ucch.trust import audit_pairs

SHARES = (0.2, 0.4)


def main() -> None:
    """Run what the record lacks, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/")
    parser.add_argument("--embeddings", type=Path, help="holds captions.npz")
    parser.add_argument("--ways", nargs="+", default=["none", "auto"], choices=["none", "auto", "oracle", "audit"])
    parser.add_argument("--shares", type=float, nargs="+", default=(0.0, *SHARES), help="of wrong pairs")
    parser.add_argument("--carved", action="store_true", help="choose on training pairs")
    parser.add_argument("--only", nargs="+", help="names of sets")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--record", type=Path, default=Path("runs/wrong_pairs.jsonl"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    record, sets = Record(given.record), loaded(given)
    if given.carved:
        sets = {name: carved(dataset) for name, dataset in sets.items()}
    ways = [way for way in given.ways if way != "audit"]
    print(row("data", "wrong pairs", *(f"trust = {way}" for way in ways)))
    print(row("---", "---:", *["---:"] * len(ways)))
    for name, dataset in sets.items():
        for share in given.shares:
            cells = []
            for way in ways:
                runs = [
                    record.get(
                        ["run", name, given.bits, share, way, seed, *(["carved"] if given.carved else [])],
                        lambda d=dataset, s=share, w=way, n=seed: run(d, s, w, given.bits, n),
                    )["score"]
                    for seed in range(given.seeds)
                ]
                cells.append(f"{np.mean(runs):.3f}")
            print(row(name, f"{share:.0%}", *cells), flush=True)
    print()
    columns = (
        "estimated",
        "named at .5",
        "stated",
        "measured",
        "at .8",
        "stated",
        "measured",
        "peak",
        "fading",
        "tells",
    )
    print(row("data", "wrong pairs", *columns))
    print(row("---", *["---:"] * (1 + len(columns))))
    for name, dataset in sets.items():
        for share in given.shares:
            print(row(name, f"{share:.0%}", *audited(dataset.train, share, max(3, given.seeds))), flush=True)


def loaded(given: argparse.Namespace) -> dict[str, PairedDataset]:
    """The sets there are files for."""
    found = {"digits": load_dataset("digits", None)}
    if given.data_root:
        found["wikipedia"] = load_dataset("wikipedia", given.data_root / "wikipedia")
        found["mirflickr-tags"] = load_dataset("mirflickr-tags", given.data_root / "mirflickr25k")
    if given.embeddings:
        found["captions"] = load_npz(given.embeddings / "captions.npz")
    return {name: dataset for name, dataset in found.items() if not given.only or name in given.only}


def exchanged(pairs: Pairs, share: float, seed: int) -> tuple[Pairs, npt.NDArray[np.bool_]]:
    """The pairs with that share of their texts handed round, and which are wrong then."""
    moved = np.random.default_rng([seed, 7]).permutation(len(pairs))[: round(share * len(pairs))]
    text, wrong = np.array(pairs.text), np.zeros(len(pairs), dtype=bool)
    text[moved] = text[np.roll(moved, 1)]
    wrong[moved] = True
    return Pairs(pairs.image, text, pairs.label), wrong


def run(dataset: PairedDataset, share: float, way: str, bits: int, seed: int) -> dict[str, Any]:
    """Train and ask with the query split."""
    train, wrong = exchanged(dataset.train, share, seed)
    if way == "oracle":
        train = train.take(~wrong)
    trainer = Trainer(load_recipe("default", [f"bits={bits}", f"seed={seed}", *trusting(way)]), train)
    seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
    model = trainer.finished_model()
    if dataset.query.label is not None:
        score = evaluate(encode_dataset(model, dataset))["map_mean"]
    else:
        score = what_is_kept(model, dataset.query, np.arange(len(dataset.query)), shared=True).partners
    return {"score": score, "goal": trainer.choice.goal, "seconds": seconds}


def trusting(way: str) -> list[str]:
    """The recipe's setting for a way."""
    return ["pairs.trust=auto"] if way == "auto" else []


def audited(pairs: Pairs, share: float, n_seeds: int) -> list[str]:
    """Means over seeds: estimated share, for two thresholds how many are named, stated and measured precision.

    Then what is asked before those are stated. The last cell says in how many of the draws the audit says that it can
    tell; else it would not state those.
    """
    figures = []
    for seed in range(n_seeds):
        some, wrong = exchanged(pairs, share, seed)
        audit = audit_pairs(some, seed=seed)
        line = [audit.mixture.wrong]
        for least in (0.5, 0.8):
            named = audit.suspects(least)
            expected = float(np.mean(1 - audit.right[named])) if len(named) else 1.0
            line += [len(named), expected, wrong[named].mean() if len(named) else 1.0]
        figures.append([*line, audit.mixture.peak, audit.mixture.spread, audit.fading, float(audit.tells)])
    mean = np.mean(figures, axis=0)
    cells = [f"{value:.0f}" if place in (1, 4) else f"{value:.3f}" for place, value in enumerate(mean)]
    return [*cells[:-1], f"{round(n_seeds * mean[-1])} of {n_seeds}"]


if __name__ == "__main__":
    main()
