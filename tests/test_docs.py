"""Pages made from the program stay as the program is; what README and docs name exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
MADE = {"cli.md", "data_sets.md", "recipe_fields.md"}  # by docs/generate.py
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md") if path.name not in MADE),
]


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


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert {page for page in pages if not re.search(rf"^{page}$", index, re.M)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_lead_somewhere(page: str) -> None:
    path = ROOT / page
    targets = re.findall(r"\]\(((?!https?://|#)[^)#]+)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python") or blocks(page, "sh")])
def test_blocks_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ``python`` block and every ``ucch`` line of a ``sh`` block, in the order of the page, in one folder."""
    if "open_store(" in text_of(page):
        pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {"__name__": "page"}
    for kind, block in re.findall(r"```(python|sh)\n(.*?)```", text_of(page), re.S):
        if kind == "python":
            exec(compile(block, page, "exec"), names)
        for words in ucch_lines(block) if kind == "sh" else []:
            result = CliRunner().invoke(cli, words)
            assert result.exit_code == 0, f"ucch {' '.join(words)}: {result.output}"


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
    for page in (ROOT / "docs").glob("*.md"):
        pattern = r"```\{literalinclude\} (\S+)\n(?::pyobject: ([\w.]+)\n)?"
        for file, name in re.findall(pattern, page.read_text(encoding="utf-8")):
            source = (page.parent / file).read_text(encoding="utf-8")
            last = name.split(".")[-1]
            assert re.search(rf"^\s*(def|class) {last}\b", source, re.M), f"{page.name}: {name} is not in {file}"
            included.append(Path(file).name)
    assert {"plug_in.py", "text_codes.py", "lightning_pairs.py", "mapped_table.py"} <= set(included)
