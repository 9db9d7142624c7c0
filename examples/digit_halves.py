"""What the four ``loop_*`` examples share: left and right halves of digits as two views, towers for them, and a score.

Nothing of this is about a loop. An item is ``{"index": its number, "views": {name: features}}``, so that a batch of
torch's own collating is what ``HashingStep`` takes: ``step(**batch)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ucch.data import Pairs, load_digits_pairs
from ucch.metrics import distance_histograms, mean_average_precision
from ucch.training import HashingStep

N_BITS = 64


def rows_of(pairs: Pairs) -> list[dict[str, Any]]:
    """The items: each its number and its features by the name of the view."""
    halves = zip(pairs.image / 16, pairs.text / 16, strict=True)
    return [{"index": i, "views": {"left": left, "right": right}} for i, (left, right) in enumerate(halves)]


def new_towers() -> dict[str, nn.Module]:
    """A tower for each half, from one seed."""
    torch.manual_seed(0)
    return {name: nn.Sequential(nn.Linear(32, 256), nn.ReLU(), nn.Linear(256, N_BITS)) for name in ("left", "right")}


def score(step: HashingStep, train: Pairs, query: Pairs) -> float:
    """MAP@ALL of the queries against what was trained on, expected under ties, mean of both directions."""
    step.eval()
    assert query.label is not None
    assert train.label is not None
    found = []
    for asks, answers in (("left", "right"), ("right", "left")):
        asked, answered = (
            step.encode(name, torch.from_numpy((pairs.image if name == "left" else pairs.text) / 16))
            for name, pairs in ((asks, query), (answers, train))
        )
        found.append(distance_histograms(asked, answered, query.label, train.label, N_BITS))
    return sum(mean_average_precision(histograms) for histograms in found) / 2


def run(train: Callable[..., HashingStep]) -> None:
    """Train on the digits by one of the loops and print the score."""
    torch.set_num_threads(1)
    digits = load_digits_pairs()
    step = train(new_towers(), rows_of(digits.train), epochs=40, batch_size=256, shuffle=True)
    print(f"MAP at {N_BITS} bits: {score(step, digits.train, digits.query):.3f}")
