from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.calibration.kit import outputs, small_calibration
from tests.retrieval.kit import KINDS, THOROUGH
from ucch.codes import pack, sign
from ucch.errors import IndexFileError
from ucch.retrieval import BinaryIndex, Hits, judging
from ucch.retrieval.index_file import read_index_file, write_index_file

IMAGE, TEXT = outputs(120, seed=3)


def make_index(n: int = 120, kind: str = "flat", calibrated: bool = True) -> BinaryIndex:
    index = BinaryIndex.build(pack(sign(IMAGE[:n])), 32, ids=[f"p{i:03}" for i in range(n)], kind=kind)
    for name, value in THOROUGH[kind].items():
        if name in index.parameters and kind != "multihash":
            index.set(name, value)
    index.modality = "image"
    if calibrated:
        index.calibration = small_calibration()
    return index


def expected(query: np.ndarray, items: np.ndarray, *, real: bool) -> np.ndarray:
    """Probabilities of all items by a loop over them."""
    calibration, shares = small_calibration(), []
    one = calibration.real if real else calibration.hamming
    for item in items:
        code = np.where(item >= 0, 1, -1)
        if real:
            share = (1 - query @ code / np.linalg.norm(query) / np.sqrt(32)) / 2
        else:
            share = (np.where(query >= 0, 1, -1) != code).mean()
        shares.append(share)
    x, n = np.array(shares), len(items)
    spread = np.sqrt((n * x.var() + 10 * one.spread**2) / (n + 10))
    weights = np.exp(-(one.slope * x / spread + one.curve * x**2))
    return weights / weights.sum()


def asked(index: BinaryIndex, k: int, *, real: bool, only: list[str] | None = None) -> Hits:
    queries = TEXT[:5] if real else pack(sign(TEXT[:5]))
    hits = index.search_real(queries, k, only=only) if real else index.search(queries, k, only=only)
    return index.judged(hits, queries, asks="text", real=real)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("real", [False, True])
def test_probabilities_equal_a_loop_over_all_items(kind: str, real: bool) -> None:
    hits = asked(make_index(kind=kind), 7, real=real)
    for query in range(5):
        own = slice(hits.starts[query], hits.starts[query + 1])
        rows = [int(name[1:]) for name in hits.ids[own]]
        wanted = expected(TEXT[query], IMAGE, real=real)[rows]
        np.testing.assert_allclose(hits.probability[own], wanted, rtol=1e-4)


@pytest.mark.parametrize("real", [False, True])
def test_a_probability_depends_neither_on_k_nor_on_a_filter(real: bool) -> None:
    index = make_index()
    few, many = (asked(index, k, real=real) for k in (2, 30))
    some = asked(index, 30, real=real, only=[f"p{i:03}" for i in range(0, 120, 3)])
    for query in range(5):
        known = dict(zip(many[query][0], many.probability[many.starts[query] :], strict=False))
        for hits in (few, some):
            for name, value in zip(hits[query][0], hits.probability[hits.starts[query] :], strict=False):
                assert value == pytest.approx(known.get(name, value), rel=1e-5)


def test_removed_items_weigh_nothing() -> None:
    whole, half = make_index(), make_index(60)
    whole.remove([f"p{i:03}" for i in range(60, 120)])
    np.testing.assert_allclose(asked(whole, 9, real=False).probability, asked(half, 9, real=False).probability)


def test_of_many_items_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = asked(make_index(), 20, real=False)
    monkeypatch.setattr(judging, "_SAMPLE", 40)
    about = asked(make_index(), 20, real=False)
    np.testing.assert_allclose(about.probability, exact.probability, rtol=0.25)
    everything = asked(make_index(), 120, real=False)
    np.testing.assert_allclose(np.add.reduceat(everything.probability, everything.starts[:-1]), 1)


def test_matches_are_those_of_the_calibration() -> None:
    hits = asked(make_index(), 20, real=False)
    assert hits.likely.tolist() == small_calibration().likely(hits.distances).tolist()
    assert set(hits.match) == {"likely", "weak"}
    first = hits.to_json()["queries"][0]["hits"][0]
    assert first == {
        "id": hits.ids[0],
        "distance": int(hits.distances[0]),
        "probability": round(float(hits.probability[0]), 4),
        "match": hits.match[0],
    }


def test_hits_stay_as_they_are_where_nothing_is_known() -> None:
    queries = pack(sign(TEXT[:2]))
    for index, asks in ((make_index(calibrated=False), "text"), (make_index(), "image")):
        hits = index.search(queries, 3)
        assert index.judged(hits, queries, asks=asks) is hits
        assert set(hits.to_json()["queries"][0]["hits"][0]) == {"id", "distance"}
    index = make_index()
    index.modality = ""
    assert index.judged(hits, queries, asks="text") is hits


def test_an_empty_index_has_nothing_to_judge() -> None:
    index = make_index()
    index.remove(index.ids)
    hits = asked(index, 3, real=False)
    assert len(hits.probability) == 0
    assert hits.to_json()["queries"] == [{"hits": []}] * 5


def test_wrong_arguments_are_named() -> None:
    index, queries = make_index(), pack(sign(TEXT[:2]))
    hits = index.search(queries, 3)
    with pytest.raises(ValueError, match="asks must be one of image, text, got 'words'"):
        index.judged(hits, queries, asks="words")
    with pytest.raises(ValueError, match="queries must be those of the hits, 2, got 1"):
        index.judged(hits, queries[:1], asks="text")


def test_a_file_keeps_them(tmp_path: Path) -> None:
    index = make_index()
    index.save(tmp_path / "it.index")
    loaded = BinaryIndex.load(tmp_path / "it.index")
    assert (loaded.modality, loaded.calibration) == ("image", small_calibration())
    assert asked(loaded, 4, real=True).to_json() == asked(index, 4, real=True).to_json()


def test_a_file_without_them_works_as_before(tmp_path: Path) -> None:
    index = make_index(calibrated=False)
    index.modality = ""
    index.save(tmp_path / "it.index")
    header, _ = read_index_file(tmp_path / "it.index")
    assert not {"modality", "calibration"} & set(header)
    assert BinaryIndex.load(tmp_path / "it.index").calibration is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modality": "sound"}, "is damaged: modality must be one of"),
        ({"calibration": {"format": "ucch-calibration-0"}}, "is damaged: expected a calibration of format"),
        ({"calibration": None}, "is damaged: expected a calibration of format"),
    ],
)
def test_a_damaged_calibration_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    make_index().save(tmp_path / "it.index")
    header, arrays = read_index_file(tmp_path / "it.index")
    write_index_file(tmp_path / "bad.index", header | change, {name: np.array(a) for name, a in arrays.items()})
    with pytest.raises(IndexFileError, match=said):
        BinaryIndex.load(tmp_path / "bad.index")
