"""UCCH's step in loops that others wrote: three lines each, and the same towers and table after all of them."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from examples import digit_halves, loop_plain
from tests.training.kit import small_recipe
from ucch.data import load_digits_pairs
from ucch.training import HashingStep

LOOPS = {
    "loop_plain": "torch",
    "loop_accelerate": "accelerate",
    "loop_lightning": "lightning",
    "loop_hf_trainer": "accelerate",
}
MARK, NUMBER = "  # ucch", r"\d\.\d{3}"
LINES = [
    "adam.register_step_post_hook(step.after_step)",
    "from ucch.training import HashingStep, Recipe",
    "step = HashingStep(towers, len(rows), recipe)",
]

every_loop = pytest.mark.parametrize("name", LOOPS)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")


def example(name: str) -> Any:
    pytest.importorskip(LOOPS[name], reason="pip install 'ucch[plugins]'")
    return importlib.import_module(f"examples.{name}")


def trained(name: str) -> HashingStep:
    """Three views over three epochs of three batches, the last of each shorter."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        towers = {view: nn.Linear(width, 12) for view, width in (("image", 8), ("text", 5), ("sound", 3))}
        views = {view: torch.randn(40, tower.in_features) for view, tower in towers.items()}
        rows = [{"index": i, "views": {view: features[i] for view, features in views.items()}} for i in range(40)]
    options = {"epochs": 3, "batch_size": 16, "shuffle": False}
    step: HashingStep = example(name).train(towers, rows, recipe=small_recipe(), **options)
    return step


@pytest.fixture(scope="module")
def plain() -> dict[str, Tensor]:
    step = trained("loop_plain")
    assert step.strategy.epoch == 3
    assert not step.strategy.warming_up  # the table is compared with, and its negatives are drawn
    return step.state_dict()


@every_loop
def test_three_lines_carry_the_mark(name: str) -> None:
    source = Path(digit_halves.__file__).with_name(f"{name}.py").read_text(encoding="utf-8").splitlines()
    marked = [line.removesuffix(MARK).strip().replace("self.", "") for line in source if line.endswith(MARK)]
    assert sorted(marked) == LINES
    rest = [line for line in source if not line.endswith(MARK) and "HashingStep" in line]
    assert all(line.lstrip().startswith((") ->", "def __init__")) for line in rest)  # types


@every_loop
def test_every_loop_leaves_the_same_towers_and_table(name: str, plain: dict[str, Tensor]) -> None:
    step = trained(name)
    assert step.state_dict().keys() == plain.keys()
    for part, value in step.state_dict().items():
        torch.testing.assert_close(value, plain[part], msg=part)
    assert (step.bank.codes() == torch.where(plain["bank.latent"] >= 0, 1, -1)).all()
    assert torch.equal(step.get_extra_state(), plain["_extra_state"])  # counts, epoch and generator


@every_loop
def test_the_docstring_shows_what_the_file_prints(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = example(name)
    monkeypatch.setattr(digit_halves, "score", lambda *_: 0.5)
    digit_halves.run(lambda towers, rows, **options: module.train(towers, rows[:32], **{**options, "epochs": 1}))
    printed = capsys.readouterr().out.splitlines()[-1]
    shown = [line.strip() for line in module.__doc__.splitlines() if line.startswith("    MAP")]
    assert [re.sub(NUMBER, "", line) for line in shown] == [re.sub(NUMBER, "", printed)]


def test_half_digits_are_scored_by_what_was_trained() -> None:
    digits = load_digits_pairs()
    rows = digit_halves.rows_of(digits.train)
    scores = [
        digit_halves.score(
            loop_plain.train(digit_halves.new_towers(), rows, epochs=epochs, batch_size=256, shuffle=False),
            digits.train,
            digits.query,
        )
        for epochs in (0, 2)
    ]
    assert 0.05 < scores[0] < scores[1] < 1
