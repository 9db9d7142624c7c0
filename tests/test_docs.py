"""Pages made from the program stay as the program is; what README and docs name exists."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import runpy
import shlex
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest
from click.testing import CliRunner
from torch import nn
from ucch.cli.main import cli

import ucch.losses
from ucch.baselines import BASELINES
from ucch.encoders import IMAGE_ENCODERS, TEXT_ENCODERS
from ucch.optim.binary.maps import MAPS
from ucch.recipe import load_recipe, recipe_names
from ucch.recipe.teacher_sections import TeacherName
from ucch.stores import CodeStore
from ucch.training import STRATEGIES, takes_teacher

ROOT = Path(__file__).resolve().parents[1]
MADE = {"cli.md", "data_sets.md", "optimizers_table.md", "recipe_fields.md"}  # by docs/generate.py
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md") if path.name not in MADE),
]
START = "docs/start.md"
LONG = {  # pages whose programs train for seconds
    "docs/baselines/dgcpn.md",
    "docs/export.md",
    "docs/one_view.md",
    "docs/own_training.md",
    "docs/tutorial_features.md",
    "docs/tutorial_reproduce.md",
}
RECIPES = {name: load_recipe(name) for name in recipe_names()}
DEEP = {  # recipes with an objective that is neither UCCH's, nor learns from labels, nor follows a teacher
    name
    for name, recipe in RECIPES.items()
    if recipe.objective != "ucch" and not recipe.wants_labels and not takes_teacher(recipe)
}
LOSSES = [one for one in vars(ucch.losses).values() if inspect.isclass(one) and issubclass(one, nn.Module)]
PARTS = {  # every part that a user chooses by name has a page of that name, in the folder of its family
    "optimizers": set(STRATEGIES),
    "losses": {loss.__module__.rpartition(".")[2] for loss in LOSSES},
    "encoders": {*IMAGE_ENCODERS, *TEXT_ENCODERS, "own"},
    "baselines": {*BASELINES, *DEEP},
    "binary_maps": set(MAPS),
    "teachers": set(get_args(get_args(TeacherName)[0])) - {"none", "auto"},
}
STORES = [store.__name__ for store in CodeStore.__subclasses__() if store.__module__.startswith("ucch.")]
HEADINGS = ["Rule", "When to use it", "Defaults and where they come from", "Pitfalls", "Measured behaviour"]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text_of(page), re.S)


def ucch_lines(block: str) -> list[list[str]]:
    """The words after ``ucch`` of each line that is a call of it; a backslash goes on with the next line."""
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("ucch ")]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "data_sets.md", "recipe_fields.md"])
def test_made_pages_have_not_drifted(page: str, generate: ModuleType) -> None:
    assert page in generate.PAGES
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert text == generate.PAGES[page](), "run python docs/generate.py"


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.*)$", re.sub(r"```.*?```", "", text_of(page), flags=re.S), re.M)


def test_every_page_is_in_one_table_of_contents() -> None:
    docs = ROOT / "docs"
    listed = [
        os.path.normpath(path.parent.relative_to(docs) / line)
        for path in docs.rglob("*.md")
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text(encoding="utf-8"), re.S)
        for line in tree.split("\n")
        if line and not line.startswith(":")
    ]
    pages = [str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md")]
    assert sorted(listed) == sorted({*pages} - {"index"})


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in PARTS for name in sorted(PARTS[family])])
def test_every_part_has_a_page_with_the_same_five_headings(family: str, name: str) -> None:
    assert (ROOT / "docs" / family / f"{name}.md").is_file(), f"write docs/{family}/{name}.md and list it"
    assert headings(f"docs/{family}/{name}.md") == HEADINGS


@pytest.mark.parametrize("family", PARTS)
def test_no_page_is_of_a_part_that_is_gone(family: str) -> None:
    assert {path.stem for path in (ROOT / "docs" / family).glob("*.md")} == PARTS[family]


@pytest.mark.parametrize("store", STORES)
def test_every_store_has_a_page_with_the_same_five_headings(store: str) -> None:
    pages = [page for page in PAGES if page.startswith("docs/stores/") and f"ucch.stores.{store}`" in text_of(page)]
    assert len(pages) == 1, f"one page in docs/stores must be about {store}, got {pages}"
    assert headings(pages[0]) == HEADINGS


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_lead_somewhere(page: str) -> None:
    path = ROOT / page
    targets = re.findall(r"\]\(((?!https?://|#)[^)#]+)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert missing == []


def as_one_file(page: str) -> str:
    """The page as one program: its ``python`` blocks, the ``ucch`` lines of ``sh`` blocks as calls in their places."""
    parts = []
    for kind, block in re.findall(r"```(python|sh)\n(.*?)```", text_of(page), re.S):
        parts += [block] if kind == "python" else [f"ucch_command({words!r})\n" for words in ucch_lines(block)]
    return "\n".join(parts)


def ucch_command(words: list[str]) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, f"ucch {' '.join(words)}: {result.output}"


def run_page(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run it from top to bottom, as a program of an empty folder."""
    if any(".usearch" not in line for line in text_of(page).split("\n") if "open_store(" in line):
        pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    file = folder / "page.py"
    file.write_text(as_one_file(page), encoding="utf-8")
    runpy.run_path(str(file), {"ucch_command": ucch_command}, "__main__")


RUN = [page for page in PAGES if as_one_file(page) and page != START]


@pytest.mark.parametrize("page", [pytest.param(page, marks=[pytest.mark.slow] * (page in LONG)) for page in RUN])
def test_a_page_runs_as_one_file(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, tmp_path, monkeypatch)


def test_start_runs_and_lists_all_that_a_run_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(START, tmp_path, monkeypatch)
    section = text_of(START).partition("## What a run leaves behind\n")[2].partition("\n## ")[0]
    listed = [name for row in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(.*?)`", row)]
    run = tmp_path / "runs" / "mine"
    assert sorted(listed) == sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())


@pytest.mark.parametrize("page", [page for page in PAGES if "ucch " in "".join(blocks(page, "text"))])
def test_commands_exist(page: str) -> None:
    """Every line of a ``text`` block that starts with ``ucch`` names a command and options that there are."""
    for words in ucch_lines("".join(blocks(page, "text"))):
        command, context = cli, click.Context(cli, info_name="ucch")
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(context, words[0])
            assert found is not None, f"{page}: ucch {' '.join(words)}"
            command, words = found, words[1:]
            context = click.Context(command, info_name=command.name)
        command.make_parser(context).parse_args(words)  # raises at an option that is not there


def test_code_that_pages_include_exists() -> None:
    included = []
    for page in (ROOT / "docs").rglob("*.md"):
        pattern = r"```\{literalinclude\} (\S+)\n(?::pyobject: ([\w.]+)\n)?"
        for file, name in re.findall(pattern, page.read_text(encoding="utf-8")):
            source = (page.parent / file).read_text(encoding="utf-8")
            last = name.split(".")[-1]
            assert re.search(rf"^\s*(def|class) {last}\b", source, re.M), f"{page.name}: {name} is not in {file}"
            included.append(Path(file).name)
    assert {"plug_in.py", "text_codes.py", "lightning_pairs.py", "mapped_table.py"} <= set(included)


@pytest.mark.parametrize(
    ("page", "mark", "most"),
    [("add_an_optimizer", "rule", 10), ("own_training", "loss", 15), ("own_training", "tower", 5)],
)
def test_something_new_takes_few_lines(page: str, mark: str, most: int) -> None:
    """The marked lines define a class that the page's other lines use, and nothing else does."""
    code = [line for block in blocks(f"docs/{page}.md", "python") for line in block.splitlines()]
    marked = [line for line in code if line.endswith(f"  # {mark}")]
    assert 0 < len(marked) <= most
    names: dict[str, object] = {}
    imports = [line for line in code if re.match(r"(from|import) ", line)]
    exec(compile("\n".join([*imports, *marked]), page, "exec", dont_inherit=True), names)
    (made,) = [name for name, one in names.items() if inspect.isclass(one) and one.__module__ == "builtins"]
    assert [line for line in code if made in line and line not in marked]


def test_a_third_view_takes_no_line() -> None:
    """One function, written once, learns from two views and from three."""
    code = "\n".join(blocks("docs/own_training.md", "python"))
    assert code.count("def learn(") == 1
    assert re.search(r"learn\(views\)\nviews\[\"sound\"\] = .*\n.*learn\(views\)", code)
