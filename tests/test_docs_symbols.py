"""Every public symbol of ``ucch.optim`` has a page with a formula, an example and a source; the build asks the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import ucch.optim

DOCS = Path(__file__).resolve().parents[1] / "docs"
WHOLE = "# x\n\n$$y = x$$\n\n```python\nfrom ucch.optim import Made\n```\n\nReference: nobody.\n"


@pytest.fixture(scope="module")
def symbols() -> ModuleType:
    spec = importlib.util.spec_from_file_location("public_symbols", DOCS / "public_symbols.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_public_symbol_lacks_anything(symbols: ModuleType) -> None:
    assert symbols.lacking(ucch.optim.__all__) == []


def test_the_build_asks_it() -> None:
    assert 'app.connect("builder-inited", check_public_symbols)' in (DOCS / "conf.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("removed", "complaint"),
    [
        ("", None),
        ("from ucch.optim import Made", "ucch.optim.Made has no page: name it on one of"),
        ("$$", "ucch.optim.Made has no page with a formula: binary_optimizer.md"),
        ("python", "ucch.optim.Made has no page with an example that runs: binary_optimizer.md"),
        ("Reference: ", "ucch.optim.Made has no page with a source: binary_optimizer.md"),
    ],
)
def test_each_lack_is_named(removed: str, complaint: str | None, symbols: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "binary_optimizer.md").write_text(WHOLE.replace(removed, "") if removed else WHOLE, encoding="utf-8")
    complaints = symbols.lacking(["Made"], docs=tmp_path)
    assert len(complaints) == (complaint is not None)
    assert all(each.startswith(str(complaint)) for each in complaints)


def test_a_role_names_a_symbol_and_a_longer_name_does_not(symbols: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "binary_optimizer.md"
    page.write_text("{class}`ucch.optim.MadeLonger` {class}`its text <ucch.optim.Other>`", encoding="utf-8")
    assert symbols.pages_of("Made", [page]) == []
    assert symbols.pages_of("MadeLonger", [page]) == symbols.pages_of("Other", [page]) == [page]
