"""What to do with several captions of one image: ``python benchmarks/captions_study.py FEATURES.npz``.

Compares three ways to train on a set with ``image_of_text_train``, at equal numbers of steps, by R@1/5/10 of the
query split, mean and deviation over seeds:

* ``draw``: an item is an image; each batch draws one of its captions; one table row per image (what ``Trainer`` does);
* ``shared``: an item is a caption; the captions of an image share one table row;
* ``apart``: an item is a caption with a table row of its own, as if it had its own image.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor

from ucch.data import PairedDataset, Pairs, load_npz
from ucch.evaluation import encode_dataset, evaluate
from ucch.optim import CodeBank, Keys, MomentumBinary
from ucch.recipe import Recipe, load_recipe
from ucch.training import Trainer


class SharedRowTrainer(Trainer):
    """Train on a pair per caption while the captions of an image move one table row."""

    def __init__(self, recipe: Recipe, captions: Pairs) -> None:
        super().__init__(recipe, apart(captions))
        self.owner = torch.from_numpy(captions.item_of_text)
        self.bank = CodeBank(len(captions), recipe.bits, init=recipe.table.init, generator=self.generator)
        self.binary = MomentumBinary(
            self.bank.parameters(), momentum=recipe.table.momentum, normalize=recipe.table.normalize
        )

    def _keys(self, index: Tensor, h_image: Tensor, h_text: Tensor) -> Keys:
        return super()._keys(self.owner[index], h_image, h_text)

    def _move_table(self, index: Tensor, h_image: Tensor, h_text: Tensor) -> None:
        super()._move_table(self.owner[index], h_image, h_text)


def apart(captions: Pairs) -> Pairs:
    """A pair per caption, the image's features repeated."""
    return Pairs(captions.image[captions.item_of_text], captions.text)


def recalls(trainer: Trainer, dataset: PairedDataset, n_steps: int) -> list[float]:
    """Train for about ``n_steps`` steps and give R@1/5/10 image to text, then text to image."""
    trainer.n_epochs = round(n_steps / trainer.steps_per_epoch)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    report = evaluate(encode_dataset(trainer.model.eval(), dataset))
    return [value for way in ("image_to_text", "text_to_image") for value in report[way]["recall_at"].values()]


def main() -> None:
    """Print a line per number of bits and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", help="an .npz file with image_of_text_train")
    parser.add_argument("--bits", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--set", dest="settings", action="append", default=["batch_size=128"])
    options = parser.parse_args()
    dataset = load_npz(options.features)
    train = dataset.train
    ways = {
        "draw": lambda recipe: Trainer(recipe, train),
        "shared": lambda recipe: SharedRowTrainer(recipe, train),
        "apart": lambda recipe: Trainer(recipe, apart(train)),
    }
    print("bits  way      image to text R@1 R@5 R@10   text to image R@1 R@5 R@10   (deviation over seeds)")
    for bits in options.bits:
        for name, build in ways.items():
            rows = []
            for seed in range(options.seeds):
                recipe = load_recipe("default", ["similarity=none", *options.settings, f"bits={bits}", f"seed={seed}"])
                rows.append(recalls(build(recipe), dataset, options.steps))
            means, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
            figures = "  ".join(f"{mean:.3f}±{dev:.3f}" for mean, dev in zip(means, spread, strict=True))
            print(f"{bits:<5} {name:<8} {figures}", flush=True)


if __name__ == "__main__":
    main()
