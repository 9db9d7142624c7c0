"""Links within README and docs end at a heading, a page, a file or a target that is there; no network is asked."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *DOCS]
MADE_BY_SPHINX = {"search", "genindex", "modindex", "py-modindex"}
FOLDERS = "benchmarks|cli|constraints|docs|examples|tests|ucch"


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^(```+).*?^\1\s*$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(page: str) -> set[str]:
    """What ``page#...`` may name: headings as GitHub and MyST write them, and targets given by hand."""
    text = prose(page)
    found = set(re.findall(r"^\(([\w-]+)\)=$", text, re.M))
    for words in re.findall(r"^#{1,3} (.+)$", text, re.M):
        plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", words).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(name if name not in found else f"{name}-1")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_to_headings_lead_to_one(page: str) -> None:
    here, lost = ROOT / page, []
    for target, anchor in re.findall(r"\]\(((?!https?://)[^)#\s]*)#([^)\s]+)\)", prose(page)):
        file = (here.parent / target).resolve() if target else here
        if not file.is_file() or (file.suffix == ".md" and anchor not in anchors(str(file.relative_to(ROOT)))):
            lost.append(f"{target}#{anchor}")
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_links_to_pages_lead_to_one(page: str) -> None:
    text, folder = prose(page), (ROOT / page).parent
    named = re.findall(r"\{doc\}`(?:[^`<]*<)?([^`<>]+)>?`", text)
    linked = re.findall(r"\]\(((?!https?://|#)[^)#\s]+)", text)
    lost = [name for name in named if not (folder / f"{name}.md").is_file()]
    lost += [target for target in linked if not (folder / target).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    """Such as ``tests/test_files.py`` or ``docs/``; of ``ucch/losses/<name>.py`` the folder is looked for."""
    named = re.findall(rf"(?<![\w/.-])((?:{FOLDERS})/[\w./-]*)(?![\w<{{*])", (ROOT / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page: str) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.M)) <= set(targets)


def test_no_page_has_the_name_of_one_that_sphinx_makes() -> None:
    """``docs/search.md`` was built, and then written over by the page of search results."""
    assert {Path(page).with_suffix("").relative_to("docs").as_posix() for page in DOCS} & MADE_BY_SPHINX == set()


def test_the_citation_names_the_version() -> None:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", text, re.M) == [parser["metadata"]["version"]]
    assert "cff-version: 1.2.0" in text
    assert "title: Unsupervised Contrastive Cross-Modal Hashing" in text
