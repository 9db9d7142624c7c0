"""Codes of every form, wherever a command takes codes: one answer, or a refusal whose advice works."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.data.test_code_files import FORMS
from tests.evaluation.kit import made_codes

ADVISED = {"packed less 128": "binary", "words of 64, signed": "words"}
N_BITS = 64


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def bits() -> dict[str, np.ndarray]:
    return {side: made_codes(30, N_BITS, seed)[0].astype(np.int64) for seed, side in enumerate(("items", "queries"))}


def write(folder: Path, bits: dict[str, np.ndarray], form: str) -> tuple[Path, Path]:
    for side, held in bits.items():
        np.save(folder / f"{side}.npy", FORMS[form][0](held))
    return folder / "items.npy", folder / "queries.npy"


def answer(folder: Path, items: Path, queries: Path, *said: str) -> tuple[Result, Result, Result]:
    """Index, search and evaluate."""
    index = folder / f"{len(list(folder.iterdir()))}.index"
    np.save(folder / "labels.npy", np.arange(30) % 3)
    labels = ("--query-labels", folder / "labels.npy", "--database-labels", folder / "labels.npy")
    return (
        ucch("index", items, "--out", index, "--json", *said),
        ucch("search", index, "--codes", queries, "--json", *said),
        ucch("eval", "--query-codes", queries, "--database-codes", items, *labels, "--json", *said),
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_answers_like_packed_codes(form: str, bits: dict[str, np.ndarray], tmp_path: Path) -> None:
    expected = answer(tmp_path, *write(tmp_path, bits, "packed"), "--code-format", "packed")
    said = ["--code-format", ADVISED[form]] if form in ADVISED else []
    said = ["--code-format", "packed"] if form == "packed" else said  # the evaluation asks for their bits
    given = answer(tmp_path, *write(tmp_path, bits, form), *said)
    assert [result.exit_code for result in (*expected, *given)] == [0] * 6, given
    assert json.loads(given[0].stdout)["bits"] == N_BITS
    assert given[1].stdout == expected[1].stdout
    assert json.loads(given[2].stdout) == json.loads(expected[2].stdout)


@pytest.mark.parametrize("form", ADVISED)
def test_doubt_is_refused_with_what_to_say(form: str, bits: dict[str, np.ndarray], tmp_path: Path) -> None:
    refused = answer(tmp_path, *write(tmp_path, bits, form))
    for result in (refused[0], refused[2]):
        assert result.exit_code == 1
        assert f"--code-format {ADVISED[form]}" in " ".join(result.stderr.split())
    index = tmp_path / "it.index"
    assert ucch("index", *write(tmp_path, bits, "packed")[:1], "--out", index).exit_code == 0
    result = ucch("search", index, "--codes", write(tmp_path, bits, form)[1])
    assert f"--code-format {ADVISED[form]}" in " ".join(result.stderr.split())


def test_bits_are_asked_for_where_they_change_the_report(bits: dict[str, np.ndarray], tmp_path: Path) -> None:
    refused = answer(tmp_path, *write(tmp_path, bits, "packed"))
    assert (refused[0].exit_code, refused[2].exit_code) == (0, 1)
    assert "say how many with --bits" in " ".join(refused[2].stderr.split())
    assert answer(tmp_path, *write(tmp_path, bits, "packed"), "--code-format", "packed")[2].exit_code == 0


def test_a_run_folder_has_no_form(tmp_path: Path) -> None:
    result = ucch("index", tmp_path, "--out", tmp_path / "x.index", "--code-format", "plain")
    assert result.exit_code == 2
    assert "--code-format goes with CODES.npy" in result.stderr
