"""What ``docs/search_page.py`` reads: resources of Qt, notes on licences, names as captions."""

from __future__ import annotations

import importlib.util
import struct
import sys
import zlib
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
README = """Copyright: Ann
Source: https://commons.wikimedia.org/wiki/File:Male_Moose_(2).jpg
License: Public Domain
Files:
moose.webp

Copyright: Bob
Source: https://example.org/x
License: CC-BY-SA 4.0
Files:
panda.webp

License: CC0-1.0
Copyright: Cy
Source: https://example.org/view.php?image=7&picture=old-hammer
Files:
hammer3.webp
absent.webp
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("search_page", DOCS / "search_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["search_page"] = module
    spec.loader.exec_module(module)
    return module


def resource(files: dict[str, bytes]) -> bytes:
    """A binary resource of Qt, version 1, with one folder ``in``; every second file is compressed."""
    names, places = b"", {}
    for name in ("in", *files):
        places[name] = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    data, nodes = b"", [struct.pack(">IHII", 0, 2, 1, 1), struct.pack(">IHII", places["in"], 2, len(files), 2)]
    for number, (name, content) in enumerate(files.items()):
        block = struct.pack(">I", len(content)) + zlib.compress(content) if number % 2 else content
        nodes.append(struct.pack(">IHHHI", places[name], number % 2, 0, 0, len(data)))
        data += struct.pack(">I", len(block)) + block
    at = 20
    tree = b"".join(nodes)
    head = b"qres" + struct.pack(">IIII", 1, at, at + len(tree), at + len(tree) + len(data))
    return head + tree + data + names


def test_free_photographs_are_found_with_their_sources(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"moose.webp": b"m", "panda.webp": b"p", "hammer3.webp": b"h", "README": README.encode()}
    room = tmp_path / "usr/share/gcompris-qt/rcc/room.rcc"
    room.parent.mkdir(parents=True)
    room.write_bytes(resource(files))
    assert script.files_of(room) == {f"/in/{name}": content for name, content in files.items()}
    monkeypatch.setattr(script, "ROOMS", ("room",))
    hammer, moose = script.photos_of(tmp_path)
    assert (moose.name, moose.content, moose.author, moose.licence) == ("moose.webp", b"m", "Ann", "public domain")
    assert moose.captions() == ["moose", "male moose"]
    assert (hammer.author, hammer.licence, hammer.captions()) == ("Cy", "CC0 1.0", ["hammer", "old hammer"])
    assert "| moose.webp | Ann | public domain | <https://commons" in script.sources([hammer, moose], ["moose.webp"])


def test_names_become_words(script: ModuleType) -> None:
    assert script.words_of("File:Mykonos_windmills (2)") == "mykonos windmills"
    assert script.words_of("greatWall3") == "great wall"
    assert script.words_of("2004-03-2") == ""


def test_every_photograph_of_the_picture_has_a_free_licence() -> None:
    rows = [
        line for line in (DOCS / "search_page_sources.md").read_text(encoding="utf-8").splitlines() if "http" in line
    ]
    assert len(rows) >= 8
    assert all(" public domain |" in row or " CC0 1.0 |" in row for row in rows)
