"""What a training step costs beside its matrix products, part by part.

    python benchmarks/bench_step.py                 # a minute, .6 GB
    python benchmarks/bench_step.py --goals both --json

The default recipe on made features of 512 and 512 dimensions, one thread, processor milliseconds, medians over rounds.
A round is one step of a real epoch, then each part by itself on inputs of the same kind, then the matrix products of
each part alone, replayed on matrices of the same sizes and layouts. ``products`` are those of the part; ``other`` is
what the part takes beyond them, ``share`` that of the whole step. The row ``step`` is the step as it is trained;
``unlisted`` is what no part accounts for. The goal ``categories`` trains UCCH's losses in batches of ``--batch``;
``both``, ``partners`` and ``neighbors`` the features' own neighbours in batches of the recipe's own size.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ucch.data import Pairs
from ucch.losses.contrastive_hashing import own_code_loss
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.clipping import clip_gradients
from ucch.training.epoch_part import EpochPart
from ucch.training.epoch_stats import health
from ucch.training.strategies import Batch
from ucch.training.teacher.guide import Guidance

PRODUCTS = {"mm": 0, "addmm": 1, "bmm": 0}  # by name the place of the first of both matrices
WARM_UP = 3  # rounds that are not counted

Part = Callable[[], Any]


class Products(TorchDispatchMode):
    """Note the matrix products that are made: pairs of sizes and strides."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[tuple[torch.Size, tuple[int, ...]], ...]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        first = PRODUCTS.get(func.overloadpacket.__name__)
        if first is not None:
            self.found.append(tuple((one.size(), one.stride()) for one in args[first : first + 2]))
        return func(*args, **(kwargs or {}))


def replay(part: Part) -> Part:
    """The matrix products of a part alone, on random matrices."""
    with Products() as mode:
        part()
    pairs = [tuple(torch.empty_strided(*shape).normal_() for shape in both) for both in mode.found]

    @torch.no_grad()
    def run() -> None:
        for a, b in pairs:
            torch.matmul(a, b)

    return run


def made_pairs(n_pairs: int, n_features: int) -> Pairs:
    """Features around a hundred centres that both modalities share; no labels."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((100, n_features), dtype=np.float32)
    which = draw.integers(100, size=n_pairs)
    image, text = (
        centres[which] + draw.standard_normal((n_pairs, n_features), dtype=np.float32) for _ in ("image", "text")
    )
    return Pairs(image, text, None)


def leaves(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().requires_grad_() for name, value in tensors.items()}


def parts_of(trainer: Trainer) -> dict[str, Part]:
    """The parts of a step past warm-up, each by itself."""
    step, strategy, objective = trainer.step, trainer.strategy, trainer.objective
    step.epoch_start(trainer.recipe.table.warmup_epochs)
    rows = torch.randperm(len(trainer.pairs))[: trainer.batch_size]
    features = {"image": trainer.features.rows("image", rows), "text": trainer.features.rows("text", rows)}
    with torch.no_grad():
        scaled = {name: step.scalers[name](view) for name, view in features.items()}
        seen = scaled if objective is None else dict(zip(scaled, objective.inputs(*scaled.values()), strict=True))
        u = step.towers(seen)
        h = dict(zip(u, strategy.activate(*u.values()), strict=True))
    batch, slope = Batch(rows, features, u, h), {name: torch.randn_like(value) for name, value in u.items()}
    keys = strategy.keys(batch)
    guidance = Guidance(keys, None, None) if step.guide is None else step.guide(batch, keys)
    parameters = trainer.parameters
    for parameter in parameters:
        parameter.grad = 1e-4 * torch.randn_like(parameter)
    figures = EpochPart(rows, torch.zeros(10), {})

    def towers() -> None:
        values = step.towers({name: step.scalers[name](view) for name, view in features.items()})
        grads = torch.autograd.grad(list(values.values()), list(step.towers.parameters()), list(slope.values()))
        assert len(grads)

    def queries() -> None:
        start = leaves(u)
        torch.autograd.backward(list(strategy.activate(*start.values())), list(slope.values()))

    def losses() -> None:
        start = leaves(h)
        temperature, targets = trainer.recipe.loss.temperature, guidance.key_targets
        costs = [own_code_loss(one, guidance.keys, temperature=temperature, targets=targets) for one in start.values()]
        others = () if guidance.batch_targets is None else (guidance.batch_targets,)
        torch.autograd.backward([*costs, step.losses.ranking_loss(*start.values(), None, *others)])

    def own_objective() -> None:
        assert objective is not None
        start = leaves(u)
        objective.inputs(*scaled.values())
        objective(Batch(rows, features, start, h), strategy).backward()

    def tell() -> None:
        one = next(iter(h.values())).sum()
        numbers = [one] * 6 + health(*h.values(), keys=keys)
        told = torch.stack([number.detach() for number in numbers]).float()
        figures.add(told, trainer.finite.see(told[0], told[1]))

    found: dict[str, Part] = {
        "features": lambda: [trainer.features.rows(name, rows) for name in features],
        "towers": towers,
        "queries": queries,
        "keys": lambda: strategy.keys(batch),
        **({} if step.guide is None else {"teacher": lambda: step.guide(batch, keys)}),
        "losses": losses if objective is None else own_objective,
        "clipping": lambda: clip_gradients(parameters, trainer.recipe.training.clip_norm),
        "Adam": trainer.adam.step,
        "figures": tell,
        "table": lambda: strategy.update(batch, keys),
    }
    return found


def seconds(part: Part) -> float:
    start = time.process_time()
    part()
    return time.process_time() - start


def measured(goal: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each part of a step, one for the step."""
    settings = [
        f"goal={goal}",
        f"similarity={options.teacher}",
        f"bits={options.bits}",
        f"width={options.width}",
        "epochs=1000",
    ]
    recipe = load_recipe("default", [*settings, f"batch_size={options.batch}", "warmup_epochs=0"])
    pairs = made_pairs(options.pairs, options.features)
    trained, taken_apart = Trainer(recipe, pairs), Trainer(recipe, pairs)
    parts = parts_of(taken_apart)
    products = {name: replay(part) for name, part in parts.items()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("step", *parts)}
    began = time.process_time()

    def on_step(_: float) -> None:
        nonlocal began
        whole = time.process_time() - began
        if len(times["step"]) < options.rounds + WARM_UP:
            own = {name: (seconds(part), seconds(products[name])) for name, part in parts.items()}
            for name, pair in own.items():
                times[name].append(pair)
            times["step"].append((whole, sum(pair[1] for pair in own.values())))
        began = time.process_time()

    while len(times["step"]) < options.rounds + WARM_UP:
        trained.train_epoch(on_step)
    medians = {
        name: [1e3 * statistics.median(values) for values in zip(*pairs_[WARM_UP:], strict=True)]
        for name, pairs_ in times.items()
    }
    step = medians.pop("step")
    rows = [row(goal, name, *both, step[0]) for name, both in medians.items()]
    missing = step[0] - sum(both[0] for both in medians.values())
    return [*rows, row(goal, "unlisted", missing, 0.0, step[0]), row(goal, "step", *step, step[0])]


def row(goal: str, part: str, ms: float, products: float, step: float) -> dict[str, Any]:
    return {
        "goal": goal,
        "part": part,
        "ms": round(ms, 3),
        "products": round(products, 3),
        "other": round(ms - products, 3),
        "share": round((ms - products) / step, 4),
    }


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goals", nargs="+", default=["categories", "both"])
    for name, size in (("pairs", 20_000), ("features", 512), ("bits", 64), ("width", 1024), ("batch", 256)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--teacher", default="none", help="that guides UCCH's losses, as of teacher.similarity")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = [line for goal in options.goals for line in measured(goal, options)]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'goal':<12}{'part':<10}{'ms':>9}{'products':>10}{'other':>9}{'share':>8}")
    for before, line in pairwise([{"goal": ""}, *rows]):
        goal = line["goal"] if line["goal"] != before["goal"] else ""
        print(
            f"{goal:<12}{line['part']:<10}{line['ms']:>9.2f}{line['products']:>10.2f}{line['other']:>9.2f}"
            f"{line['share']:>8.1%}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
