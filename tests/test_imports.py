"""What a command imports: heavy packages, and the parts of ours that it does not name, stay out."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
LAZY = sorted(".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("ucch/**/__init__.pyi"))

HEAVY = ("faiss", "matplotlib", "pydantic", "scipy", "sklearn", "sympy")
LEARNING = ("ucch.losses", "ucch.optim", "ucch.teachers", "ucch.training.objectives", "ucch.training.strategies")
NAMED = tuple(f"ucch.baselines.{name}" for name in ("baseline", "itq", "cmfh", "fsh", "lssh"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Codes, their classes and an index of them."""
    from ucch.retrieval import BinaryIndex

    made = tmp_path_factory.mktemp("codes")
    rng = np.random.default_rng(0)
    for side, n in (("q", 6), ("d", 40)):
        np.save(made / f"{side}.npy", rng.integers(0, 256, (n, 8), dtype=np.uint8))
        np.save(made / f"{side}l.npy", np.arange(n) % 3)
    BinaryIndex.build(np.load(made / "d.npy"), 64).save(made / "d.index")
    return made


def imported(code: str, folder: Path | None = None) -> set[str]:
    """Modules of a fresh interpreter after some code."""
    ending = "\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + ending], cwd=folder, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr[done.stderr.index("[") :]))


def within(modules: set[str], packages: tuple[str, ...]) -> list[str]:
    """Those of ``packages`` of which something is among ``modules``."""
    return [one for one in packages if any(module == one or module.startswith(f"{one}.") for module in modules)]


@pytest.mark.parametrize(
    ("command", "left_out"),
    [
        (
            "eval --query-codes q.npy --database-codes d.npy --query-labels ql.npy --database-labels dl.npy --bits 64",
            (*HEAVY, *LEARNING, *NAMED, "torch._dynamo"),
        ),
        ("index d.npy --out new.index", (*HEAVY[1:], *LEARNING, *NAMED, "torch")),
        ("search d.index --codes q.npy", (*HEAVY[1:], *LEARNING, *NAMED, "torch")),
    ],
    ids=["eval", "index", "search"],
)
def test_a_command_on_codes_imports_no_more_than_it_needs(
    command: str, left_out: tuple[str, ...], folder: Path
) -> None:
    modules = imported(f"from ucch.cli.main import cli\ncli({command.split()}, standalone_mode=False)", folder)
    assert "numpy" in modules
    assert within(modules, left_out) == []


def test_training_imports_what_its_recipe_names() -> None:
    modules = imported("from ucch.training import Trainer, load_recipe, train_run")
    assert "torch" in modules
    assert within(modules, ("faiss", "matplotlib", "scipy.io", "scipy.sparse", "scipy.stats", "sklearn", *NAMED)) == []
    ours = {name for name in modules if name.startswith(("ucch.training.objectives.", "ucch.training.strategies."))}
    assert {name.rpartition(".")[2] for name in ours} == {"label_objective", "objective", "outputs", "strategy"}
    assert within(modules, ("ucch.teachers.joint_semantics", "ucch.teachers.mie", "ucch.optim.binary")) == []


@pytest.mark.parametrize("name", LAZY)
def test_a_package_offers_every_name_of_its_stub(name: str) -> None:
    package = importlib.import_module(name)
    stub = ast.parse((Path(str(package.__file__)).with_suffix(".pyi")).read_text(encoding="utf-8"))
    found = [alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    said = next(ast.literal_eval(node.value) for node in stub.body if isinstance(node, ast.Assign))
    assert sorted(found) == sorted(said) == package.__all__
    assert all(getattr(package, each) is not None for each in said)


def test_a_function_is_not_hidden_by_the_file_of_its_name() -> None:
    places = ["ucch.baselines.cmfh", "ucch.data.pseudo_labels", "ucch.evaluation.evaluate", "ucch.optim.bop"]
    assert {place.rpartition(".")[0] for place in places} <= set(LAZY)
    found = "getattr(importlib.import_module(place.rpartition('.')[0]), place.rpartition('.')[2])"
    imported(
        f"import importlib\nfor place in {places}:\n importlib.import_module(place)\n assert callable({found}), place"
    )
