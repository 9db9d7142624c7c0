"""What a teacher brings: design choices, the table of teachers, and ablations.

    python benchmarks/teacher_study.py select --data-root DIR      # choices, on rows carved from training only
    python benchmarks/teacher_study.py table --data-root DIR       # none, mie, joint-semantics, auto on the query split
    python benchmarks/teacher_study.py ablation --data-root DIR    # ways of guiding and the generator's terms
    python benchmarks/teacher_study.py ceiling --data-root DIR     # how right similarities and trained outputs are

DIR holds wikipedia/ and mirflickr25k/, and may hold flickr8k-500.npz (embeddings of captions and photographs, made by
``ucch extract``); without it digits alone is run. ``select`` and ``ablation`` set a sixth of the training rows aside
(at most 1,000), train on the rest and let the rows set aside query it: labels judge the design there, once, and the
query split selects nothing. MAP@ALL, mean of both directions, ties as an exact expectation. Every run is appended to
``--record`` and not repeated, so that a stopped study goes on; ``--limit`` stops it after so many seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from supervised import FOLDERS, Record, carved, row
from torch import Tensor
from torch.nn.functional import normalize

from ucch.codes import hamming_distance
from ucch.data import PairedDataset, load_dataset
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.teachers import item_features, joint_rows, joint_semantics_rows
from ucch.training import TeacherStage, Trainer

KINDS = ("none", "mie", "joint-semantics", "auto")
CAPTIONED = "flickr8k-500"
CHOICES_BITS = "bits=32"  # one length and one seed for choices, at the default's full number of steps
OFF = ("target_weight=0", "ranking_weight=0", "negatives_weight=0", "closeness_weight=0")
JOINT = "similarity=joint-semantics"
TARGETS = ("target_weight=0.8", "ranking_weight=0.3")
MIE = ("similarity=mie", *OFF, *TARGETS)
Rows = list[tuple[str, tuple[str, ...]]]
CHOICES: Rows = [
    ("no teacher", ("similarity=none",)),
    *(
        (f"joint-semantics, target {a}, ranking {b}", (JOINT, *OFF, f"target_weight={a}", f"ranking_weight={b}"))
        for a, b in ((0.5, 0), (0.8, 0), (0.8, 0.3), (0.95, 0.5))
    ),
    ("mie, target 0.8, ranking 0.3", MIE),
]
WAYS: Rows = [
    ("no teacher", ("similarity=none",)),
    ("targets in both losses", (JOINT, *OFF, *TARGETS)),
    ("targets, contrastive loss", (JOINT, *OFF, TARGETS[0])),
    ("targets, ranking loss", (JOINT, *OFF, TARGETS[1])),
    ("likely false negatives left out", (JOINT, *OFF, "negatives_weight=1")),
    ("structure", (JOINT, *OFF, "closeness_weight=3")),
    ("all", (JOINT, *OFF, *TARGETS, "negatives_weight=1", "closeness_weight=3")),
]
TERMS: Rows = [
    ("mie, product form, all terms", MIE),
    *((f"without the {term} term", (*MIE, f"{term}_weight=0")) for term in ("view", "anchor", "binary", "balance")),
    (
        "transformer form, 128 wide, 100 steps",
        (*MIE, "generator_form=transformer", "generator_width=128", "generator_steps=100"),
    ),
]


def load(name: str, data_root: Path | None) -> PairedDataset:
    if name == CAPTIONED and data_root is not None:
        return load_dataset(str(data_root / f"{CAPTIONED}.npz"))
    return load_dataset(name, data_root / FOLDERS[name] if data_root and name in FOLDERS else None)


def run(dataset: PairedDataset, settings: Iterable[str], recipe: str = "default") -> dict[str, Any]:
    start = time.perf_counter()
    trainer = Trainer(load_recipe(recipe, settings), dataset.train)
    before = time.perf_counter() - start
    seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
    encoded = encode_dataset(trainer.finished_model(), dataset)
    report = evaluate(encoded)
    ways = [report[way] for way in ("image_to_text", "text_to_image")]
    result = {"teacher": trainer.teacher.kind if trainer.teacher else "none", "before": before, "seconds": seconds}
    if dataset.query.label is not None:
        return {
            **result,
            "map": report["map_mean"],
            "ways": [way["map"] for way in ways],
            "chance": report["map_chance"],
        }
    result["recalls"] = [float(np.mean([list(way["recall_at"].values())[i] for way in ways])) for i in range(3)]
    result["neighbours"] = caption_neighbours(trainer, dataset)
    return result


def caption_neighbours(trainer: Trainer, dataset: PairedDataset, n_near: int = 5, k: int = 50) -> float:
    """Recall, among the first ``k`` texts of an image, of the captions of the items described most alike.

    Alike are the ``n_near`` other items whose mean caption embedding has the largest cosine with its own. Of texts at
    the distance of the k-th, each counts by the share of them that has room.
    """
    model, query = trainer.finished_model(), dataset.query
    item = query.item_of_text
    means = np.zeros((len(query), query.text.shape[1]))
    np.add.at(means, item, query.text)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    cosine = means @ means.T
    np.fill_diagonal(cosine, -np.inf)
    near = np.argsort(-cosine, axis=1)[:, :n_near]
    distance = hamming_distance(model.encode_image(query.image), model.encode_text(query.text))
    found = []
    for i, row_of_i in enumerate(np.asarray(distance)):
        last = np.sort(row_of_i)[k - 1]
        room = (k - (row_of_i < last).sum()) / (row_of_i == last).sum()
        share = (row_of_i < last) + room * (row_of_i == last)
        found.append(share[np.isin(item, near[i])].mean())
    return float(np.mean(found))


def ceiling(dataset: PairedDataset) -> dict[str, float]:
    """Mean average precision of training pairs ranking one another, by similarities and by a trained pupil.

    A teacher that ranks no better than the pupil without one has nothing to say. On at most 2,000 pairs, 64 bits.
    """
    pairs = dataset.train
    trainer = Trainer(load_recipe("default", ("similarity=none",)), pairs)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    image, text = item_features(pairs)
    model = trainer.finished_model()
    with torch.no_grad():
        outputs = [
            normalize(torch.tanh(side(torch.from_numpy(np.asarray(part, dtype=np.float32)))), dim=1)
            for side, part in ((model.image_outputs, pairs.image), (model.text_outputs, pairs.text))
        ]
    rows = {
        "image": image,
        "text": text,
        "both": joint_rows(image, text),
        "joint-semantics": joint_semantics_rows(image, text),
        "outputs without a teacher": outputs[0] + outputs[1],
    }
    sample = torch.arange(0, len(pairs), -(-len(pairs) // 2000))
    label = torch.from_numpy(pairs.label[sample.numpy()]).float()
    alike = (label @ label.T) > 0
    return {name: mean_precision(normalize(values[sample], dim=1), alike) for name, values in rows.items()}


def mean_precision(rows: Tensor, alike: Tensor) -> float:
    """Mean over pairs of the average precision of the others' ranking by inner product."""
    similarity = (rows @ rows.T).fill_diagonal_(float("-inf"))
    found = alike.gather(1, similarity.argsort(dim=1, descending=True)[:, :-1]).double()
    precision = found.cumsum(dim=1) / torch.arange(1, found.shape[1] + 1)
    return float(((precision * found).sum(dim=1) / found.sum(dim=1).clamp(min=1)).mean())


def score(result: dict[str, Any]) -> str:
    if "map" in result:
        return f"{result['map']:.3f}"
    return f"{np.mean(result['recalls']):.3f} / {result['neighbours']:.3f}"


class Study:
    """Runs by name, in the record or made now, until time is up."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.record, self.data_root, self.names = Record(given.record), given.data_root, given.data
        self.seeds, self.bits, self.kinds = given.seeds, given.bits, given.kinds
        self.end = time.monotonic() + given.limit if given.limit else float("inf")

    def get(self, key: list[Any], dataset: PairedDataset, settings: Iterable[str], recipe: str = "default") -> Any:
        if time.monotonic() > self.end:
            sys.exit("time is up; the same command goes on")
        return self.record.get(key, lambda: run(dataset, settings, recipe))

    def carved(self, rows: Rows) -> None:
        """One change at a time on carved rows."""
        sets = {name: carved(load(name, self.data_root)) for name in self.names}
        print(row("choice", *self.names), row("---", *["---:"] * len(self.names)), sep="\n")
        for title, settings in rows:
            chosen = (CHOICES_BITS, *settings)
            cells = [score(self.get(["carved", name, *chosen], dataset, chosen)) for name, dataset in sets.items()]
            print(row(title, *cells), flush=True)

    def ceiling(self) -> None:
        """What is known of training pairs, of the sets with labels."""
        sets = {name: carved(load(name, self.data_root)) for name in self.names if name != CAPTIONED}
        found = {name: self.record.get(["ceiling", name], lambda d=d: ceiling(d)) for name, d in sets.items()}
        print(row("ranked by", *found), row("---", *["---:"] * len(found)), sep="\n")
        for title in next(iter(found.values())):
            print(row(title, *(f"{values[title]:.3f}" for values in found.values())))

    def table(self) -> None:
        """All kinds on the query split; ``auto`` is the run of the kind that it decides for."""
        sets = {name: load(name, self.data_root) for name in self.names}
        kinds = [kind for kind in self.kinds if kind != "auto"]
        cases = [(seed, name, bits, kind) for seed in range(self.seeds) for name in sets for bits in self.bits
                 for kind in kinds]  # fmt: skip

        def one(seed: int, name: str, bits: int, kind: str) -> Any:
            chosen = (f"bits={bits}", f"seed={seed}", f"similarity={kind}")
            return self.get(["table", name, *chosen], sets[name], chosen)

        for case in cases:  # a stopped study has whole seeds
            one(*case)
        if "auto" not in self.kinds:
            return
        print(row("data", "bits", *KINDS, "seconds of the first three"))
        print(row("---", "---:", *["---:"] * len(KINDS), "---:"))
        for name, dataset in sets.items():
            stage = TeacherStage(load_recipe("default"), dataset.train)
            figures = f"lift {stage.lift:.2f}, gain {stage.measured_gain():.2f}, auto takes {stage.kind}"
            print(f"{name}: {figures}", file=sys.stderr)
            for bits in self.bits:
                found = {kind: [one(seed, name, bits, kind) for seed in range(self.seeds)] for kind in KINDS[:3]}
                cells = [spread(results) for results in found.values()]
                seconds = [np.mean([r["before"] + r["seconds"] for r in results]) for results in found.values()]
                times = ", ".join(f"{value:.0f}" for value in seconds)
                print(row(name, bits, *cells, f"**{spread(found[stage.kind])}**", times), flush=True)


def spread(results: list[dict[str, Any]]) -> str:
    if "map" in results[0]:
        return _over([result["map"] for result in results])
    return f"{_over([np.mean(r['recalls']) for r in results])} / {_over([r['neighbours'] for r in results])}"


def _over(values: list[Any]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What a teacher brings.")
    parser.add_argument("stage", choices=("select", "table", "ablation", "ceiling"))
    parser.add_argument("--data-root", type=Path, help="folder with wikipedia/ and mirflickr25k/")
    parser.add_argument("--data", nargs="+", help="sets to run; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bits", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="teachers of the table")
    parser.add_argument("--record", type=Path, default=Path("runs/teacher_study.jsonl"), help="results, one a line")
    parser.add_argument("--limit", type=float, default=0.0, help="seconds after which no new run starts")
    given = parser.parse_args()
    if given.data is None:
        given.data = ["digits", *FOLDERS] if given.data_root else ["digits"]
        if given.data_root and (given.data_root / f"{CAPTIONED}.npz").exists():
            given.data.append(CAPTIONED)
    study = Study(given)
    if given.stage == "select":
        study.carved(CHOICES)
    elif given.stage == "table":
        study.table()
    elif given.stage == "ceiling":
        study.ceiling()
    else:
        study.carved(WAYS)
        study.carved(TERMS)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
