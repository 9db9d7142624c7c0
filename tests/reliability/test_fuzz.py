"""The short form of the fuzzer, and bad files through the command line; ``make soak`` runs the long form."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.reliability.bad_arrays import npy_header, npz_arrays, npz_bytes
from tests.reliability.bad_runs import run_honest
from tests.reliability.fuzz import make_case, mutate
from tests.reliability.readers import FAMILIES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_hundred_bad_files_per_family_are_refused_in_words() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.fuzz", "--cases", "100"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert {report["family"] for report in reports} == set(FAMILIES)
    assert all(report["read"] + report["refused"] == 100 for report in reports)
    assert all(report["refused"] > 50 for report in reports)


@pytest.mark.parametrize("name", FAMILIES)
def test_honest_files_are_read_and_a_case_is_the_same_twice(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    contents = []
    for again in ("a", "b"):
        folder = tmp_path / again
        folder.mkdir()
        path = make_case(family, random.Random("17"), folder)
        contents.append(path.read_bytes() if path.is_file() else path.name)
    assert contents[0] == contents[1]
    content = next(iter(family.honest().values()))
    assert mutate(content, random.Random(1), family) == mutate(content, random.Random(1), family)


BAD = {
    "npz": (("train", "--data", "bad.npz", "--out", "run"), npz_bytes(npz_arrays())[:-400]),
    "npz objects": (
        ("train", "--data", "bad.npz", "--out", "run"),
        npz_bytes(npz_arrays() | {"image_train": np.array([{}], dtype=object)}),
    ),
    "npy shape": (("index", "bad.npy", "--out", "x.index"), npy_header("(999999999999,)", "|u1")),
    "npy pickle": (("index", "bad.npy", "--out", "x.index"), b"\x80\x04N."),
    "recipe": (("train", "--recipe", "bad.toml", "--out", "run"), b"bits = " + b"[" * 50_000),
    "index": (("search", "bad.index", "--codes", "bad.index"), b"\xff" * 100),
    "captions": (
        (
            *("extract", "--images", ".", "--captions", "bad.csv", "--out", "x.npz"),
            *("--image-encoder", "tests.encoders.kit:ColourEncoder", "--text-encoder", "bow:8"),
        ),
        b'image,caption\n../../etc/passwd,"a\n',
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_the_command_line_says_it_in_one_line_exits_with_1_and_writes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, content = BAD[name]
    file = next(word for word in words if word.startswith("bad."))
    (tmp_path / file).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, list(words))
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1
    assert file in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == [file]


def test_a_forged_model_asks_for_no_memory(tmp_path: Path) -> None:
    """A header that says a width of 10^9 where the file holds four columns."""
    content = run_honest()["model.safetensors"]
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    held = json.loads(head["__metadata__"]["ucch"])
    held["image_tower"]["width"] = 10**9
    head["__metadata__"]["ucch"] = json.dumps(held)
    raw = json.dumps(head).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + content[8 + length :])
    from ucch.errors import RunError
    from ucch.models import HashModel

    with pytest.raises(RunError, match="cannot be read as a model: .*size mismatch"):
        HashModel.load(path)


def test_no_reader_loads_a_pickle() -> None:
    """The calls that may read a zip of torch, for weights that others publish, are held to tensors."""
    found = []
    for path in [*(ROOT / "ucch").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if any(word in line for word in ("torch.load(", "import pickle", "joblib", "dill")):
                found.append((path.name, "weights_only=True" in line))
            if "np.load(" in line or "allow_pickle=True" in line:
                found.append((path.name, False))
    readers = ("efficientnet_lite0.py", "tensor_archive.py", "tensor_archive.py", "vgg19.py")
    assert sorted(found) == [(name, True) for name in readers]
