"""The index: answers, ties, filters, changes, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.retrieval.kit import KINDS, THOROUGH, expected, random_codes
from ucch.errors import DataError, IndexFileError
from ucch.retrieval import BinaryIndex, CompactFeatures, Hits

SHUFFLED = np.random.default_rng(3).permutation(1000)[:300]


def pairs(hits: Hits, query: int = 0) -> list[tuple[Any, Any]]:
    ids, distances = hits[query]
    return list(zip(distances.tolist(), ids.tolist(), strict=True))


def index_of(kind: str, n_bits: int = 12, n: int = 300, ids: Any = None) -> BinaryIndex:
    return BinaryIndex.build(
        random_codes(n, n_bits), n_bits, kind=kind, ids=ids, parameters=THOROUGH[kind], reproducible=True
    )


@pytest.mark.parametrize("n_bits", [3, 12, 64])
def test_flat_agrees_with_counting_for_widths_that_fill_no_byte(n_bits: int) -> None:
    codes, queries = random_codes(300, n_bits), random_codes(20, n_bits, seed=1)
    hits = BinaryIndex.build(codes, n_bits, ids=SHUFFLED).search(queries, 7)
    for query in range(20):
        assert pairs(hits, query) == expected(codes, SHUFFLED.tolist(), queries[query], 7)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_its_most_thorough_setting_breaks_ties_by_id(kind: str) -> None:
    queries = random_codes(20, 12, seed=1)
    hits = index_of(kind, ids=SHUFFLED).search(queries, 7)
    for query in range(20):
        assert pairs(hits, query) == expected(random_codes(300, 12), SHUFFLED.tolist(), queries[query], 7)


def test_texts_are_ordered_as_text() -> None:
    codes = np.zeros((4, 1), np.uint8)
    hits = BinaryIndex.build(codes, 8, ids=["b/2", "ä", "b/10", "a"]).search(codes[:1], 3)
    assert pairs(hits) == [(0, "a"), (0, "b/10"), (0, "b/2")]


def test_all_codes_equal_is_the_worst_tie_and_still_in_order() -> None:
    index = BinaryIndex.build(np.zeros((5000, 2), np.uint8), 16, ids=np.arange(5000)[::-1])
    assert index.search(np.zeros(2, np.uint8), 3)[0][0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shorter_answer_begins_the_longer_one(kind: str) -> None:
    index, queries = index_of(kind), random_codes(10, 12, seed=2)
    long = index.search(queries, 60)
    for k in (1, 5, 30):
        for query in range(10):
            assert pairs(index.search(queries, k), query) == pairs(long, query)[:k]


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_to_a_batch_is_that_to_each_query(kind: str) -> None:
    index, queries = index_of(kind), random_codes(10, 12, seed=2)
    together = index.search(queries, 5)
    assert [pairs(together, query) for query in range(10)] == [pairs(index.search(one, 5)) for one in queries]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_allowed", [0, 3, 40, 290])
def test_a_filter_gives_the_ranking_of_the_rest_on_every_kind(kind: str, n_allowed: int) -> None:
    only = SHUFFLED[:n_allowed].tolist()
    queries = random_codes(10, 12, seed=2)
    hits = index_of(kind, ids=SHUFFLED).search(queries, 6, only=[*only, 10**9] if only else only)
    for query in range(10):
        assert pairs(hits, query) == expected(random_codes(300, 12), SHUFFLED.tolist(), queries[query], 6, only)


@pytest.mark.parametrize("kind", KINDS)
def test_more_asked_for_than_there_is_gives_all_without_padding(kind: str) -> None:
    hits = index_of(kind, n=5).search(random_codes(2, 12, seed=1), 50)
    assert [len(ids) for ids, _ in hits] == [5, 5]
    assert hits.ids.min() >= 0


def test_multihash_may_find_fewer_and_pads_nothing() -> None:
    index = BinaryIndex.build(random_codes(100, 64), 64, kind="multihash", parameters={"nhash": 2, "b": 16, "nflip": 0})
    hits = index.search(random_codes(5, 64, seed=1), 10)
    assert len(hits) == 5
    assert len(hits.ids) == len(hits.distances) == hits.starts[-1] < 50
    assert (hits.ids >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_add_remove_and_update_are_the_index_of_what_is_left(kind: str) -> None:
    codes, queries = random_codes(300, 12), random_codes(10, 12, seed=2)
    index = BinaryIndex.build(codes[:200], 12, ids=np.arange(200), kind=kind, parameters=THOROUGH[kind])
    index.add(np.arange(200, 300), codes[200:])
    index.remove([5, 250, 17])
    changed = random_codes(2, 12, seed=9)
    index.update([8, 9], changed)
    now = {number: code for number, code in enumerate(codes) if number not in (5, 250, 17)}
    now |= {8: changed[0], 9: changed[1]}
    assert len(index) == 297
    assert sorted(index.ids.tolist()) == sorted(now)
    assert (index.codes_of([9]) == changed[1]).all()
    hits = index.search(queries, 9)
    for query in range(10):
        assert pairs(hits, query) == expected(np.stack(list(now.values())), list(now), queries[query], 9)


@pytest.mark.parametrize("kind", KINDS)
def test_most_can_be_removed_and_the_rest_is_found(kind: str) -> None:
    codes = random_codes(300, 12)
    index = index_of(kind)
    index.remove(np.arange(290))
    assert pairs(index.search(codes[295], 3)) == expected(codes[290:], range(290, 300), codes[295], 3)
    index.remove(np.arange(290, 300))
    assert len(index) == 0
    assert [len(ids) for ids, _ in index.search(codes[:2], 3)] == [0, 0]
    index.add([7], codes[:1])
    assert pairs(index.search(codes[0], 3)) == [(0, 7)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_index_is_mapped_and_answers_the_same(kind: str, tmp_path: Path) -> None:
    index, queries = index_of(kind, ids=[f"picture {n:03d}" for n in range(300)]), random_codes(10, 12, seed=2)
    index.remove(["picture 007"])
    index.save(tmp_path / "it.index")
    again = BinaryIndex.load(tmp_path / "it.index")
    assert repr(again) == repr(index)
    assert again.search(queries, 5).to_json() == index.search(queries, 5).to_json()
    again.add(["new"], queries[:1])
    assert pairs(again.search(queries[0], 1)) <= [(0, "new")]
    again.save(tmp_path / "it.index", overwrite=True)
    assert len(BinaryIndex.load(tmp_path / "it.index")) == 300


@pytest.mark.parametrize("kind", KINDS)
def test_one_thread_builds_the_same_file_twice(kind: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        index_of(kind, n=600).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_progress_ends_at_the_number_of_codes() -> None:
    seen: list[tuple[int, int]] = []
    BinaryIndex.build(random_codes(90, 16), 16, kind="ivf", on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (90, 90)
    assert len(seen) >= 10


def test_features_follow_their_rows(tmp_path: Path) -> None:
    codes, real = random_codes(50, 16), np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    index = BinaryIndex.build(codes[:40], 16, features=CompactFeatures.compress(real[:40]))
    index.add(range(40, 50), codes[40:], CompactFeatures.compress(real[40:]))
    index.remove([0, 1])
    index.save(tmp_path / "it")
    again = BinaryIndex.load(tmp_path / "it")
    assert again.features_kind == "int8"
    for row in (2, 39, 49):
        hits = again.search_reranked(codes[row], real[row], 1, candidates=50)
        assert pairs(hits)[0][1] == row
    with pytest.raises(DataError, match="features: this index needs them for new rows"):
        index.add([99], codes[:1])


def test_what_is_refused() -> None:
    index = index_of("flat")
    codes = random_codes(2, 12)
    cases: list[tuple[Any, type[Exception], str]] = [
        (lambda: index.add([1, 1000], codes), DataError, "already in the index: 1; use update to change their codes"),
        (lambda: index.add([7000, 7000], codes), DataError, "ids must be distinct, but repeat: 7000"),
        (lambda: index.add(["a", "b"], codes), DataError, "ids of this index are whole numbers, got text"),
        (lambda: index.add([1000], codes), DataError, "ids must be as many as codes, 2, got 1"),
        (lambda: index.remove([3, 4000]), DataError, "not in the index: 4000"),
        (lambda: index.update([4000, 3], codes), DataError, "not in the index: 4000"),
        (lambda: index.search(codes, 0), ValueError, "k must be an int of at least 1, got 0"),
        (lambda: index.search(codes.astype(np.int64)), TypeError, "queries must be packed uint8"),
        (lambda: index.search(codes | 1), ValueError, "queries sets bits beyond the 12 of a code"),
        (lambda: index.search(random_codes(2, 64)), ValueError, "queries must be 2 bytes wide for 12 bits"),
        (lambda: index.set("nprobe", 3), ValueError, "flat has no search parameter 'nprobe'; it has none"),
        (lambda: index_of("ivf").set("nprobe", 0), ValueError, "nprobe must be at least 1, got 0"),
        (lambda: BinaryIndex.build(codes, 12, kind="tree"), ValueError, "kind must be one of flat, hnsw, ivf"),
        (
            lambda: BinaryIndex.build(codes, 12, kind="ivf", parameters={"ef": 3}),
            ValueError,
            "ivf has no parameter 'ef'; it has nlist, nprobe",
        ),
        (lambda: index.search_reranked(codes, codes, 3, candidates=2), ValueError, "candidates must be at least k, 3"),
    ]
    for call, kind, text in cases:
        with pytest.raises(kind, match=text):
            call()
    assert len(index) == 300


def test_files_for_other_codes_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "it.index"
    BinaryIndex.build(random_codes(9, 12), 12, model="aa").save(path)
    with pytest.raises(IndexFileError, match=r"it.index was made for n_bits 12, expected 64"):
        BinaryIndex.load(path, n_bits=64)
    with pytest.raises(IndexFileError, match=r"it.index was made for model 'aa', expected 'bb'"):
        BinaryIndex.load(path, model="bb")
    with pytest.raises(IndexFileError, match=r"it.index exists; choose another name or pass overwrite=True"):
        BinaryIndex.build(random_codes(9, 12), 12).save(path)


def test_a_damaged_structure_is_refused_before_faiss_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "it.index"
    index_of("hnsw").save(path)
    raw = bytearray(path.read_bytes())
    raw[-100] ^= 255
    path.write_bytes(raw)
    with pytest.raises(IndexFileError, match="its structure does not fit its checksum"):
        BinaryIndex.load(path)
