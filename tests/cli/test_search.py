"""``ucch search`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.calibration.kit import small_calibration
from tests.retrieval.kit import random_codes
from tests.serving.kit import IMAGE, TEXT, make_index, make_pictures, make_run
from ucch.codes import pack, sign
from ucch.retrieval import BinaryIndex
from ucch.serving import QueryEncoder


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    names = [f"p{number:02d}.jpg" for number in range(50)]
    BinaryIndex.build(random_codes(50, 16), 16, ids=names).save(tmp_path / "it.index")
    np.save(tmp_path / "queries.npy", random_codes(50, 16)[[7, 9]])
    return tmp_path / "it.index"


def test_json_has_the_shape_promised(index: Path) -> None:
    result = ucch("search", index, "--codes", index.parent / "queries.npy", "-k", 3, "--json")
    answer = json.loads(result.stdout)
    assert [query["hits"][0] for query in answer["queries"]] == [
        {"id": "p07.jpg", "distance": 0},
        {"id": "p09.jpg", "distance": 0},
    ]
    assert all(len(query["hits"]) == 3 for query in answer["queries"])


def test_lines_name_query_rank_distance_and_item(index: Path) -> None:
    (index.parent / "queries.ids.txt").write_text("first\nsecond\n")
    lines = ucch("search", index, "--codes", index.parent / "queries.npy", "-k", 2).stdout.splitlines()
    assert lines[0] == "first\t1\t0\tp07.jpg"
    assert len(lines) == 4
    assert lines[2].startswith("second\t1\t0\t")


def test_only_these(index: Path) -> None:
    (index.parent / "only.txt").write_text("p01.jpg\np09.jpg\nsomewhere.jpg\n")
    result = ucch(
        "search", index, "--codes", index.parent / "queries.npy", "--only", index.parent / "only.txt", "--json"
    )
    for query in json.loads(result.stdout)["queries"]:
        assert sorted(hit["id"] for hit in query["hits"]) == ["p01.jpg", "p09.jpg"]


def test_outputs_from_a_file_are_not_rounded(index: Path) -> None:
    real = np.random.default_rng(0).normal(size=(2, 16))
    np.save(index.parent / "real.npy", real)
    asked = ("search", index, "--codes", index.parent / "real.npy", "--real-query", "-k", 5, "--json")
    opened = BinaryIndex.load(index)
    assert json.loads(ucch(*asked).stdout) == opened.search_real(real, 5).to_json()
    some = json.loads(ucch(*asked, "--candidates", 7).stdout)
    assert some == opened.search_real(real, 5, candidates=7).to_json()
    refused = ucch(*asked, "--features", index.parent / "real.npy")
    assert refused.exit_code == 2
    assert "--real-query orders items by their codes; leave out --features" in refused.stderr


def test_a_calibrated_index_says_how_probable_hits_are(index: Path) -> None:
    opened = BinaryIndex.load(index)
    opened.modality, opened.calibration = "image", small_calibration(16)
    opened.save(index.parent / "calibrated.index")
    queries = np.load(index.parent / "queries.npy")
    asked = ("search", index.parent / "calibrated.index", "--codes", index.parent / "queries.npy", "-k", 3)
    judged = opened.judged(opened.search(queries, 3), queries, asks="text")
    assert json.loads(ucch(*asked, "--asks", "text", "--json").stdout) == judged.to_json()
    line = ucch(*asked, "--asks", "text").stdout.splitlines()[0]
    assert line == f"0\t1\t0\tp07.jpg\t{judged.probability.round(4)[0]:.3f}\tlikely"
    for unknown in ((), ("--asks", "image")):
        assert ucch(*asked, *unknown).stdout.splitlines()[0] == "0\t1\t0\tp07.jpg"


def test_wrong_use(index: Path) -> None:
    assert "name what to search for" in ucch("search", index).stderr
    both = ucch("search", index, "--codes", index.parent / "queries.npy", "--text", "a boat")
    assert "with --text, --image or both, or with --codes" in " ".join(both.stderr.split())
    np.save(index.parent / "wide.npy", random_codes(2, 64))
    result = ucch("search", index, "--codes", index.parent / "wide.npy")
    assert result.exit_code == 1
    assert "wide.npy is 8 bytes wide, but 16 bits packed are 2 bytes" in result.stderr
    index.write_bytes(index.read_bytes()[:-3])
    result = ucch("search", index, "--codes", index.parent / "queries.npy")
    assert result.exit_code == 1
    assert "it.index is cut off" in result.stderr


def test_words_and_pictures_are_encoded_by_the_run_of_the_index(tmp_path: Path) -> None:
    run, folder = make_run(tmp_path / "run"), make_pictures(tmp_path / "photos")
    index = make_index(run, folder)
    encoders = ("--image-encoder", IMAGE, "--text-encoder", TEXT)
    answer = json.loads(ucch("search", index, "--image", folder / "red.png", *encoders, "-k", 6, "--json").stdout)
    assert "red.png" in [hit["id"] for hit in answer["queries"][0]["hits"] if hit["distance"] == 0]
    lines = ucch("search", index, "--text", "a boat", *encoders, "-k", 2).stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["a boat", "1"], ["a boat", "2"]]
    refused = ucch("search", index, "--text", "a boat")
    assert "a class outside ucch; if you trust it, name it: --text-encoder" in " ".join(refused.stderr.split())
    assert "none.png does not exist" in ucch("search", index, "--image", folder / "none.png", *encoders).stderr
    assert "is a directory" in ucch("search", index, "--image", folder, *encoders).stderr
    real = json.loads(ucch("search", index, "--text", "a boat", *encoders, "-k", 6, "--real-query", "--json").stdout)
    encoder = QueryEncoder(run.path, image_encoder=IMAGE, text_encoder=TEXT)
    wanted = BinaryIndex.load(index).search_real(encoder.real_text("a boat"), 6)
    assert real == json.loads(json.dumps(wanted.to_json()))
    by_image = ucch("search", index, "--image", folder / "red.png", *encoders, "--real-query", "--json")
    assert all(0 <= hit["distance"] <= 2 for hit in json.loads(by_image.stdout)["queries"][0]["hits"])
    both = ("--image", folder / "red.png", "--text", "a boat")
    item = json.loads(ucch("search", index, *both, *encoders, "-k", 6, "--json").stdout)
    outputs = encoder.real_item((folder / "red.png").read_bytes(), "a boat")
    assert item == json.loads(
        json.dumps(BinaryIndex.load(index).search(pack(sign(torch.from_numpy(outputs))), 6).to_json())
    )
    parts = encoder.real_image((folder / "red.png").read_bytes()), encoder.real_text("a boat")
    np.testing.assert_allclose(outputs, sum(part / np.linalg.norm(part) for part in parts) / 2, atol=1e-6)
    other = make_run(tmp_path / "other", seed=1)
    refused = ucch("search", index, "--run", other.path, "--text", "a boat", *encoders)
    assert "was made for model" in refused.stderr


def test_bare_codes_need_a_run_for_words(index: Path) -> None:
    result = ucch("search", index, "--text", "a boat")
    assert result.exit_code == 2
    assert "name it with --run" in result.stderr
