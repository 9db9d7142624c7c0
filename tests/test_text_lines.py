"""Text files that somebody else wrote, and their lines."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from ucch.data.captions import read_captions
from ucch.data.texts import read_texts
from ucch.errors import DataError, RunError
from ucch.extraction.code_files import code_writer
from ucch.retrieval.code_files import read_ids
from ucch.text_lines import read_lines, read_text, split_lines, stays_one_line

ROOT = Path(__file__).parents[1]
SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"  # where str.splitlines cuts, newlines aside


@pytest.mark.parametrize("separator", SEPARATORS)
def test_only_newlines_end_a_line(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.txt").write_text(f"one{separator}still one\r\n\ntwo", encoding="utf-8", newline="")
    assert read_lines(tmp_path / "a.txt") == [f"one{separator}still one", "", "two"]


@pytest.mark.parametrize(
    ("text", "lines"), [("", []), ("\n", [""]), ("a", ["a"]), ("a\r\n", ["a"]), ("a\rb", ["a\rb"])]
)
def test_lines(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize("text", ["a", "a\u2028b", "a\rb", " a", "a\ufeff", "\x0c"])
def test_what_stays_one_line_comes_back(tmp_path: Path, text: str) -> None:
    assert stays_one_line(text)
    (tmp_path / "a.txt").write_text(f"{text}\n{text}\n", encoding="utf-8", newline="\n")
    assert read_lines(tmp_path / "a.txt") == [text, text]


@pytest.mark.parametrize("text", ["", "a\nb", "a\r", "\ufeffa"])
def test_what_would_not_come_back(text: str) -> None:
    assert not stays_one_line(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_is_believed_and_dropped(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("été\n".encode(encoding))
    assert read_text(tmp_path / "a.txt") == "été\n"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_named_and_then_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("Müßiggang und Übermut".encode(encoding))
    with pytest.raises(DataError, match=rf"a\.txt cannot be read: .* utf-8.*; it may be {encoding}; save it as UTF-8$"):
        read_text(tmp_path / "a.txt")
    assert read_text(tmp_path / "a.txt", encoding=encoding) == "Müßiggang und Übermut"


@pytest.mark.parametrize("encoding", ["no such", "base64", "a\0b"])
def test_an_encoding_that_is_none(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(DataError, match=r"a\.txt cannot be read: .*encoding|null"):
        read_text(tmp_path / "a.txt", encoding=encoding)


def test_what_is_no_file_has_a_message_of_the_asked_kind(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a file"):
        read_lines(tmp_path, error=RunError)
    with pytest.raises(DataError, match="No such file"):
        read_lines(tmp_path / "a.txt")


def test_ids_jsonl_and_texts_keep_what_stands_in_a_line(tmp_path: Path) -> None:
    text = f"a{SEPARATORS}b"
    (tmp_path / "ids.txt").write_text(f"\ufeff{text}\nc.jpg\n", encoding="utf-8")
    assert list(read_ids(tmp_path / "ids.txt")) == [text, "c.jpg"]
    (tmp_path / "c.jsonl").write_text('\ufeff{"image": "a.jpg", "text": "x\u2028y\x85z"}\n', encoding="utf-8")
    assert read_captions(tmp_path / "c.jsonl").texts == ("x\u2028y\x85z",)
    (tmp_path / "t.txt").write_text(f"\ufeff{text}\n\nc\n", encoding="utf-8")
    assert read_texts(tmp_path / "t.txt") == ([text, "c"], ["1", "3"])


def test_an_id_that_a_line_cannot_hold_is_not_written(tmp_path: Path) -> None:
    codes = np.zeros((1, 1), np.uint8)
    with code_writer(tmp_path / "a.npy", n_rows=1, n_bits=8, modality="image") as write:
        write(codes, ["a\u2028b"])
    assert list(read_ids(tmp_path / "a.ids.txt")) == ["a\u2028b"]
    with (
        pytest.raises(DataError, match="must be one line of text; write .parquet"),
        code_writer(tmp_path / "b.npy", n_rows=1, n_bits=8, modality="image") as write,
    ):
        write(codes, ["\ufeffa"])


def test_no_reader_has_lines_of_its_own() -> None:
    own = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for folder in ("ucch", "cli")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("splitlines", "readlines")
    ]
    assert own == []
