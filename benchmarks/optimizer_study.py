"""Every optimizer on digits, Wikipedia and halves of MIRFLICKR's tags, at several lengths, and why some are ahead.

    python benchmarks/optimizer_study.py --data-root DIR --out docs/optimizers.md --picture docs/images/optimizers.svg
    python benchmarks/optimizer_study.py --only digits --bits 16 --seeds 1                # ten minutes on one core
    python benchmarks/optimizer_study.py --data-root DIR --splits held --bits 64 --optimizers momentum itq \\
        outputs-seen rotation-alone signed-late signed-rotation      # which part of a rule carries its lead

The default recipe, goal categories; digits also without its teacher. Two figures of each run: ``held`` sets aside a
sixth of the training rows, which query the rest, and is what a rule may be chosen by; ``query`` trains on all rows and
is read once. MAP@ALL, mean of both ways, ties as an exact expectation. Beside the optimizers there are rules that
differ from ``momentum`` in a part (``PARTS``), to find what carries another's lead. Every run is appended to
``--record`` and not repeated: a stopped study goes on, and a table shows what is there, with the number of seeds where
some are missing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from default_study import Record, folder_of, header, held_out, line, map_mean, write_tables
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import normalize

from ucch.codes import sign
from ucch.data import load_dataset
from ucch.optim import Keys
from ucch.recipe import Recipe, with_settings
from ucch.training import STRATEGIES, Strategy, Trainer
from ucch.training.strategies import Batch
from ucch.training.strategies.itq import Itq
from ucch.training.strategies.momentum import Momentum

SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "digits, no teacher": ("digits", ("teacher.similarity=none",)),
    "digits": ("digits", ()),
    "wikipedia": ("wikipedia", ()),
    "mirflickr-tags": ("mirflickr-tags", ()),
}
Run = dict[str, Any]


class OutputsSeen(Momentum):
    """``momentum``, but the table observes outputs u and not their tanh, as under ``itq``."""

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(batch.u.values())


class RotationAlone(Itq):
    """``itq``, but the table observes the queries, as under ``momentum``."""

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(batch.h.values())


class SignedLate(Momentum):
    """``momentum``, but the query goes from tanh to sign in equal steps of the run; the gradient stays the tanh's."""

    most, steps = 1.0, 0

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.mixed(outputs) for outputs in u)

    def mixed(self, u: Tensor) -> Tensor:
        """Unit query, of which a share that grows to ``most`` is signs."""
        per_epoch = max(1, self.n_items // min(self.recipe.training.batch_size, self.n_items))
        age = 0.0 if self.warming_up else min(1.0, self.steps / (self.n_epochs * per_epoch))
        smooth = torch.tanh(u)
        return normalize(smooth + self.most * age * (sign(u) - smooth).detach(), dim=1)

    def update(self, batch: Batch, keys: Keys) -> None:
        self.steps += 1
        super().update(batch, keys)


class SignedRotation(Itq, SignedLate):
    """``itq`` whose query becomes a sign by three tenths."""

    most = 0.3

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.mixed(self.rotation(outputs)) for outputs in u)


class HalfSignedRotation(SignedRotation):
    """``itq`` whose query becomes a sign by half."""

    most = 0.5


PARTS: dict[str, type[Strategy]] = {
    "outputs-seen": OutputsSeen,
    "rotation-alone": RotationAlone,
    "signed-late": SignedLate,
    "signed-rotation": SignedRotation,
    "half-signed-rotation": HalfSignedRotation,
}


@contextmanager
def in_place_of_momentum(name: str) -> Iterator[str]:
    """The optimizer's name; a part stands in for ``momentum``, since recipes know no other names."""
    if name not in PARTS:
        yield name
        return
    kept = STRATEGIES["momentum"]
    STRATEGIES["momentum"] = PARTS[name]
    try:
        yield "momentum"
    finally:
        STRATEGIES["momentum"] = kept


def trained(run: Run, data_root: Path | None) -> dict[str, Any]:
    """Train and retrieve: MAP, and what the codes did on the way."""
    name, settings = SETS[run["set"]]
    if run["split"] == "held":
        train, query = held_out(name, data_root)
    else:
        dataset = load_dataset(name, data_root=folder_of(name, data_root))
        train, query = dataset.train, dataset.query
    with in_place_of_momentum(run["optimizer"]) as optimizer:
        own = {"optimizer": optimizer, "bits": run["bits"], "seed": run["seed"], "goal": "categories"}
        texts = [*settings, *run["settings"], *(f"{key}={value}" for key, value in own.items())]
        trainer, start = Trainer(with_settings(Recipe(), texts), train), time.process_time()
    epochs = [trainer.train_epoch() for _ in range(trainer.n_epochs)]
    last = epochs[-1]
    return {
        "map": map_mean(trainer.finished_model(), query, train),
        "cpu_seconds": time.process_time() - start,
        "flips": float(np.mean([each.flips_per_row for each in epochs[1:]])),
        "key_gap": last.key_gap,
        "agreement": last.agreement,
    }


def runs(given: argparse.Namespace, split: str) -> Iterator[Run]:
    """All runs of a table, the first seed of everything first."""
    for seed in range(given.seeds):
        for bits in given.bits:
            for name in given.only:
                for optimizer in given.optimizers:
                    yield {"set": name, "optimizer": optimizer, "bits": bits, "seed": seed, "split": split,
                           "settings": given.settings}  # fmt: skip


def table(found: Mapping[tuple[str, str, int], Sequence[float]], given: argparse.Namespace) -> str:
    """Optimizers down, sets and lengths across: mean and deviation over seeds, the best of a column in bold."""
    columns = [(name, bits) for name in given.only for bits in given.bits]
    best = {
        column: max((np.mean(v) for (name, _, bits), v in found.items() if (name, bits) == column), default=0.0)
        for column in columns
    }
    lines = [header("optimizer", *(f"{name}, {bits}" for name, bits in columns))]
    for optimizer in given.optimizers:
        cells = []
        for name, bits in columns:
            values = found.get((name, optimizer, bits), [])
            if not values:
                cells.append("")
                continue
            mean = float(np.mean(values))
            text = f"{mean:.3f}" if mean < best[name, bits] else f"**{mean:.3f}**"
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(text + spread + (f" ({len(values)})" if len(values) < given.seeds else ""))
        lines.append(line(optimizer, *cells))
    return "\n".join(lines)


def picture(found: Mapping[tuple[str, str, int], Sequence[float]], given: argparse.Namespace) -> Figure:
    """A panel per set: for each optimizer its seeds as dots, a colour per length."""
    mpl.rcParams.update({"svg.hashsalt": "ucch", "font.size": 8, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(2.7 * len(given.only) + 1, 3.2), layout="constrained")
    panels = figure.subplots(1, len(given.only), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, given.only, strict=True):
        for bits, colour in zip(given.bits, ("#b8562b", "#2f6f9f", "#3d7a4e"), strict=False):
            for height, optimizer in enumerate(given.optimizers):
                values = found.get((name, optimizer, bits), [])
                panel.plot(values, [height] * len(values), "o", color=colour, ms=3.5, alpha=0.8)
            panel.plot([], [], "o", color=colour, label=f"{bits} bits")
        panel.set(title=name, xlabel="MAP", yticks=range(len(given.optimizers)), yticklabels=given.optimizers)
        panel.grid(axis="y", lw=0.3)
    panels[0].invert_yaxis()
    panels[0].legend(frameon=False, fontsize=7)
    return figure


def main() -> None:
    """Do what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/ and mirflickr25k/")
    parser.add_argument("--only", nargs="+", choices=list(SETS), default=list(SETS), help="sets")
    parser.add_argument("--optimizers", nargs="+", choices=[*STRATEGIES, *PARTS], default=list(STRATEGIES))
    parser.add_argument("--bits", nargs="+", type=int, default=[16, 64])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--splits", nargs="+", choices=["held", "query"], default=["held", "query"])
    parser.add_argument("--limit", type=float, default=float("inf"), help="begin no run after so many seconds")
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    parser.add_argument("--record", type=Path, default=Path("runs/optimizer_study.jsonl"), help="results, one a line")
    parser.add_argument("--out", type=Path, help="page to write the tables into; printed where absent")
    parser.add_argument("--picture", type=Path, help="SVG of the query split")
    given = parser.parse_args()
    record, start, tables = Record(given.record), time.monotonic(), {}
    for split in given.splits:
        found: dict[tuple[str, str, int], list[float]] = {}
        for run in runs(given, split):
            result = record.get(run)
            if result is None and time.monotonic() - start < given.limit:
                result = trained(run, given.data_root)
                record.add(run, result)
                print(f"{split} {run['set']} {run['optimizer']} {run['bits']} seed {run['seed']}", flush=True)
            if result is not None:
                found.setdefault((run["set"], run["optimizer"], run["bits"]), []).append(record.get(run)["map"])
        tables[f"study-{split}"] = table(found, given)
        if given.picture and split == "query":
            picture(found, given).savefig(given.picture, metadata={"Date": None})
    if given.out:
        write_tables(given.out, tables)
    else:
        print("\n\n".join(f"{name}\n\n{text}" for name, text in tables.items()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
