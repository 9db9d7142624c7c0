"""Plug-ins into models that others wrote: few lines, figures as printed, and without them the file without them."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

NUMBER = r"\d\.\d{3}"
PACKAGES = {
    "binary_classifier": "torchvision",
    "binary_compiled_loop": "torch",
    "binary_hf_trainer": "accelerate",
    "binary_lightly_simclr": "lightly",
    "binary_lightning": "lightning",
    "binary_metric_learning": "pytorch_metric_learning",
    "binary_sentence_transformer": "datasets",
}
TINY: dict[str, dict[str, Any]] = {name: {"epochs": 2, "n_train": 256} for name in PACKAGES}
TINY["binary_compiled_loop"]["backend"] = "eager"  # inductor would need a compiler
MARK = "  # ucch"

pytestmark = [
    pytest.mark.parametrize("name", PACKAGES),
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"),
]


def example(name: str) -> ModuleType:
    pytest.importorskip(PACKAGES[name], reason="pip install 'ucch[plugins]'")
    return importlib.import_module(f"examples.{name}")


def source_of(name: str) -> str:
    return (Path(__file__).resolve().parents[2] / "examples" / f"{name}.py").read_text(encoding="utf-8")


def train_arguments(name: str, module: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What ``train`` takes, on a few made inputs."""
    options = {"epochs": 1, "seed": 3}
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(128) % 4
    if name == "binary_sentence_transformer":
        return (module.pairs(64, 0),), options
    if name == "binary_lightly_simclr":
        return (torch.rand(64, 1, 8, 8, generator=generator),), options
    if name == "binary_compiled_loop":
        return (torch.rand(128, 1, 8, 8, generator=generator), labels), {**options, "backend": "eager"}
    return (torch.rand(128, 64, generator=generator), labels), options


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


def test_at_most_eight_lines_carry_the_mark(name: str) -> None:
    marked = [line for line in source_of(name).splitlines() if line.endswith(MARK)]
    assert 0 < len(marked) <= 8
    assert any(re.search(r"from ucch\.optim import", line) for line in marked)
    outside = [line for line in source_of(name).splitlines() if "BinaryOptimizer(" in line or "CodeBank(" in line]
    assert outside
    assert all(line.endswith(MARK) for line in outside)


@pytest.mark.slow
def test_without_them_it_is_the_file_without_them(name: str) -> None:
    module = example(name)
    kept = [line for line in source_of(name).splitlines() if not line.endswith(MARK)]
    names: dict[str, Any] = {"__name__": f"stripped_{name}"}
    exec(compile("\n".join(kept), f"stripped_{name}", "exec", dont_inherit=True), names)
    arguments, options = train_arguments(name, module)
    stripped = weights(names["train"](*arguments, **options, binary=True))
    baseline = weights(module.train(*arguments, **options, binary=False))
    with_lines = weights(module.train(*arguments, **options, binary=True))
    assert all(torch.equal(value, stripped[key]) for key, value in baseline.items())
    assert any(not torch.equal(value, baseline[key]) for key, value in with_lines.items())
    if "BinaryOptimizer(" in source_of(name) and name != "binary_compiled_loop":  # its annealing ends with the run
        binary = [value for value in with_lines.values() if value.dim() > 1 and len(value[0].abs().unique()) == 1]
        assert binary


@pytest.mark.slow
def test_it_runs_small_and_prints_what_its_docstring_shows(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = example(name)
    results = module.compare(**TINY[name])
    assert len(results) in (2, 3)
    assert all(0 <= value <= 1 for value in results.values())
    monkeypatch.setattr(module, "compare", lambda **_: results)
    monkeypatch.setattr("sys.argv", [f"{name}.py"])
    capsys.readouterr()
    module.main()
    printed = capsys.readouterr().out.splitlines()
    assert module.__doc__ is not None
    shown = [line.strip() for line in module.__doc__.splitlines() if re.search(NUMBER + "$", line)]
    assert [re.sub(NUMBER, "", line) for line in shown] == [re.sub(NUMBER, "", line) for line in printed]
    assert [f"{value:.3f}" for value in results.values()] == [line.split()[-1] for line in printed]
