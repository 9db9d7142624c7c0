"""Draw the figures of concepts and architecture: ``python docs/figures.py``. Needs what ucch needs; seconds."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from generate import board_rows, measured
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ucch import CrossModalHasher
from ucch.data import load_digits_pairs
from ucch.metrics import distance_histograms
from ucch.optim import CodeBank, MomentumBinary

IMAGES = Path(__file__).resolve().parent / "images"
IMAGE, TEXT, CODE, GREY = "#2f6f9f", "#b8562b", "#3d7a4e", "#8a8a8a"


def main() -> None:
    mpl.rcParams.update({"svg.hashsalt": "ucch", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    for name, draw in {
        "training_step": step,
        "momentum_row": momentum,
        "sign_surrogates": surrogates,
        "ties": ties,
        "architecture": parts,
        "optimizers": optimizers,
    }.items():
        figure = draw()
        figure.savefig(IMAGES / f"{name}.svg", bbox_inches="tight", facecolor="white", metadata={"Date": None})


def box(axes: Axes, x: float, y: float, words: str, colour: str, width: float = 1.7) -> None:
    """A rounded box with words, centred."""
    corner = (x - width / 2, y - 0.32)
    axes.add_patch(FancyBboxPatch(corner, width, 0.64, boxstyle="round,pad=0.04", fc="white", ec=colour, lw=1.6))
    axes.text(x, y, words, ha="center", va="center")


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = GREY, dashed: bool = False
) -> None:
    """An arrow between two points."""
    style = {"arrowstyle": "->", "color": colour, "lw": 1.4, "linestyle": "--" if dashed else "-"}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)


def step() -> Figure:
    """One training step: towers, queries, keys and the table."""
    figure = Figure(figsize=(10.5, 3.6))
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 10.8), ylim=(-0.2, 4.2))
    axes.axis("off")
    for y, modality, colour in ((3.3, "image", IMAGE), (1.9, "text", TEXT)):
        box(axes, 0.8, y, f"{modality} features\nscaled", colour)
        box(axes, 3.1, y, f"{modality} tower\nreal outputs u", colour)
        box(axes, 5.4, y, "query\nh = unit(tanh u)", colour)
        arrow(axes, (1.75, y), (2.15, y))
        arrow(axes, (4.05, y), (4.45, y))
        arrow(axes, (6.35, y), (7.4, 2.75 if y > 2 else 2.45))
    box(axes, 9.1, 2.6, "contrastive loss: which key is mine?\nranking loss: which partner is mine?", GREY, 3.2)
    box(axes, 5.4, 0.3, "code table, a latent row v per pair", CODE, 3.3)
    box(axes, 8.9, 0.3, "keys k = sign(v)\nown and 4,096 others", CODE, 2.2)
    arrow(axes, (7.15, 0.3), (7.7, 0.3), CODE)
    arrow(axes, (8.9, 0.75), (8.9, 2.15), CODE)
    arrow(axes, (5.4, 1.45), (5.4, 0.75), CODE, dashed=True)
    axes.text(5.55, 1.05, "momentum, no gradient", color=CODE, va="center")
    axes.text(0.0, 4.0, "gradient: losses to towers; it never has to pass a sign", color=GREY, style="italic")
    return figure


def momentum() -> Figure:
    """One entry of a table row under noisy outputs, for three momenta; made by MomentumBinary itself."""
    rng, n = np.random.default_rng(3), 60
    output = np.concatenate([np.full(n // 2, 0.5), np.full(n // 2, -0.5)]) + 0.55 * rng.normal(size=n)
    figure = Figure(figsize=(8, 2.4))
    for axes, delta in zip(figure.subplots(1, 3, sharey=True), (0.0, 0.4, 0.9), strict=True):
        bank = CodeBank(n_codes=1, n_bits=1, generator=torch.Generator().manual_seed(0))
        optimizer = MomentumBinary(bank.parameters(), momentum=delta, normalize=False)
        values = []
        for value in output:
            view = torch.tensor([[value]], dtype=torch.float32)
            bank.observe(torch.tensor([0]), view)
            optimizer.step()
            values.append(float(bank.values()[0, 0]))
        latent = np.array(values)
        flips = np.flatnonzero(np.diff(latent >= 0)) + 1
        axes.plot(output, ".", color=GREY, markersize=3, label="output of the pair")
        axes.plot(latent, color=CODE, label="latent value v")
        axes.vlines(flips, -1.9, 1.9, color=TEXT, lw=0.7, label="the bit flips")
        axes.axhline(0, color="black", lw=0.6)
        axes.set(title=f"momentum {delta:g}: {len(flips)} flips", xlabel="step", ylim=(-2, 2))
    figure.axes[2].legend(fontsize=7, loc="lower left")
    figure.tight_layout()
    return figure


def surrogates() -> Figure:
    """What stands for the sign: forward values and the gradients used."""
    u = np.linspace(-2.5, 2.5, 501)
    figure = Figure(figsize=(8, 2.4))
    forward, backward = figure.subplots(1, 2)
    forward.plot(u, np.where(u >= 0, 1, -1), color="black", lw=1, label="sign")
    backward.plot(u, np.ones_like(u), color=GREY, label="identity")
    backward.plot(u, np.abs(u) <= 1, color=TEXT, label="clipped")
    for slope, colour in ((1, IMAGE), (3, CODE), (10, "#7a5195")):
        forward.plot(u, np.tanh(slope * u), color=colour, label=f"tanh {slope} u")
        backward.plot(
            u, np.minimum(slope * (1 - np.tanh(slope * u) ** 2), 3.2), color=colour, label=f"of tanh {slope} u"
        )
    forward.set(title="forward", xlabel="u")
    backward.set(title="gradient used (cut at 3.2)", xlabel="u")
    forward.legend(fontsize=7)
    backward.legend(fontsize=7)
    figure.tight_layout()
    return figure


def ties() -> Figure:
    """Items at each distance of one query of digits, at 8 and at 64 bits."""
    digits = load_digits_pairs()
    figure = Figure(figsize=(8, 2.4))
    for axes, bits in zip(figure.subplots(1, 2), (8, 64), strict=True):
        hasher = CrossModalHasher(n_bits=bits, epochs=30).fit(digits.train.image, digits.train.text)
        query, database = hasher.encode_image(digits.query.image[:1]), hasher.encode_text(digits.train.text)
        label = digits.train.label
        assert label is not None
        assert digits.query.label is not None
        counts = distance_histograms(query, database, digits.query.label[:1], label, n_bits=bits)
        items, relevant = counts.counts[0], counts.relevant[0]
        axes.bar(range(bits + 1), relevant, width=0.9, color=CODE, label="same digit")
        axes.bar(range(bits + 1), items - relevant, width=0.9, bottom=relevant, color="#d5d5d5", label="another digit")
        axes.set(
            title=f"{bits} bits: {np.count_nonzero(items)} distances for {items.sum():,} items",
            xlabel="Hamming distance",
        )
    figure.axes[0].legend(fontsize=7)
    figure.tight_layout()
    return figure


def parts() -> Figure:
    """The folders, and who imports whom: arrows point from the one that asks to the one that answers."""
    figure = Figure(figsize=(10.8, 6.2))
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 11.4), ylim=(-0.6, 6.9))
    axes.axis("off")
    for x, y, words, colour, width in (
        (5.6, 6.4, "cli: one file per command", GREY, 10.8),
        (1.6, 5.2, "leaderboard, comparison\nmany runs side by side", GREY, 2.8),
        (6.4, 5.2, "estimator\nCrossModalHasher", GREY, 2.0),
        (9.6, 5.2, "serving, stores, retrieval\ncodes to answers", TEXT, 2.8),
        (1.6, 3.9, "evaluation\na model and data to a report", GREY, 2.8),
        (5.6, 3.9, "training: step, trainer, strategies, objectives\nruns and recipe: left and chosen", CODE, 3.6),
        (9.6, 3.9, "extraction, encoders, images\nphotographs to features", IMAGE, 2.8),
        (1.4, 2.4, "metrics\nranks from counts", GREY, 2.2),
        (4.2, 2.4, "losses, binarize, optim\nto be lifted out", CODE, 2.4),
        (7.1, 2.4, "models, baselines\nteachers", CODE, 2.0),
        (9.9, 2.4, "data\npairs, catalog, scaling", IMAGE, 2.2),
        (5.6, 0.9, "codes: the one sign, packing, distance      collectives      errors, files, checks", GREY, 10.8),
    ):
        box(axes, x, y, words, colour, width)
    for start, end in (
        ((1.6, 6.05), (1.6, 5.57)),
        ((4.2, 6.05), (4.8, 4.27)),
        ((9.6, 6.05), (9.6, 5.57)),
        ((1.6, 4.85), (1.6, 4.27)),
        ((6.4, 4.85), (6.2, 4.27)),
        ((8.5, 4.85), (7.3, 4.27)),
        ((9.6, 4.85), (9.6, 4.27)),
        ((3.05, 3.9), (3.75, 3.9)),
        ((7.45, 3.9), (8.15, 3.9)),
        ((1.5, 3.55), (1.4, 2.77)),
        ((4.2, 3.55), (2.2, 2.77)),
        ((5.0, 3.55), (4.4, 2.77)),
        ((6.3, 3.55), (6.9, 2.77)),
        ((9.7, 3.55), (9.8, 2.77)),
        ((6.05, 2.4), (5.45, 2.4)),
        ((8.15, 2.4), (8.75, 2.4)),
        ((1.4, 2.05), (1.4, 1.27)),
        ((4.2, 2.05), (4.2, 1.27)),
        ((7.1, 2.05), (7.1, 1.27)),
        ((9.9, 2.05), (9.9, 1.27)),
    ):
        arrow(axes, start, end)
    words = "green learns, blue makes or reads features, red answers queries, grey runs, measures and serves all"
    axes.text(0.3, 0.05, words, color=GREY)
    axes.text(
        0.3,
        -0.4,
        "an arrow points to what is imported; the main ones are drawn, and none points up",
        color=GREY,
        style="italic",
    )
    return figure


def optimizers() -> Figure:
    """Optimizers of the measured leaderboard: a panel per set, MAP with the deviation over seeds at each length."""
    rows = board_rows()
    sets, names = sorted({name for name, _ in rows}), measured(rows)
    figure = Figure(figsize=(9.5, 3.2), layout="constrained")
    panels = figure.subplots(1, len(sets), sharey=True)
    for panel, name in zip(panels, sets, strict=True):
        for length, colour in (("16 bits", TEXT), ("64 bits", IMAGE)):
            for height, values in enumerate(rows[name, length][optimizer] for optimizer in names):
                panel.errorbar(values[0], height, xerr=values[1] or 0, fmt="o", ms=4, lw=1, color=colour)
            panel.plot([], [], "o", ms=4, color=colour, label=length)
        panel.set(title=name, xlabel="MAP", yticks=range(len(names)), yticklabels=names)
        panel.grid(axis="y", lw=0.3)
    panels[0].invert_yaxis()
    panels[0].legend(frameon=False, loc="lower left")
    return figure


if __name__ == "__main__":
    main()
