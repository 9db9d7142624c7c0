"""One matrix of rows in several mapped files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ucch.data import Pairs, row_parts
from ucch.data.arrays import check_matrix, row_chunks
from ucch.data.npy import map_npy
from ucch.data.row_parts import RowParts, in_file
from ucch.errors import DataError


@pytest.fixture
def whole() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, 3)).astype(np.float16)


@pytest.fixture
def parts(tmp_path: Path, whole: np.ndarray) -> RowParts:
    for number, part in enumerate(np.split(whole, [7, 8, 30])):
        np.save(tmp_path / f"{number}.npy", part)
    return RowParts([map_npy(tmp_path / f"{number}.npy") for number in range(4)])


@pytest.mark.parametrize(
    "chosen",
    [0, -1, np.int64(8), slice(5, 31), slice(None, None, 7), [49, 0, 0, 7], np.arange(50) % 3 == 0, np.array([-1, 8])],
    ids=str,
)
def test_rows_are_those_of_one_array(parts: RowParts, whole: np.ndarray, chosen: object) -> None:
    assert np.array_equal(parts[chosen], whole[chosen])  # type: ignore[index]
    assert parts[chosen].dtype == np.float16


def test_some_rows_are_rows_too(parts: RowParts, whole: np.ndarray) -> None:
    rows = np.array([40, 2, 2, 9])
    some = RowParts(parts.parts, rows)
    assert some.shape == (4, 3)
    assert np.array_equal(np.asarray(some), whole[rows])
    assert np.array_equal(some[[3, 0]], whole[[9, 40]])
    assert [len(some[chunk]) for chunk in row_chunks(check_matrix("x", some), 3)] == [3, 1]


def test_a_large_slice_stays_on_disk(parts: RowParts, whole: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.data.row_parts._READ", 60)
    monkeypatch.setattr("ucch.data.row_parts._PIECE", 30)
    assert isinstance(parts[:10], np.ndarray)
    large = parts[10:40][5:]
    assert isinstance(large, RowParts)
    assert np.array_equal(np.asarray(large), whole[15:40])


def test_what_does_not_fit_is_refused(parts: RowParts) -> None:
    with pytest.raises(IndexError, match="rows must lie in 0 to 49"):
        parts[[50]]
    with pytest.raises(DataError, match=r"one width and type, got float16 .* as part 1, float32 of shape \(2, 3\)"):
        RowParts([parts.parts[0], np.zeros((2, 3), np.float32)])


def test_a_file_that_has_become_shorter_is_named(parts: RowParts, tmp_path: Path) -> None:
    path = tmp_path / "1.npy"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"1\.npy has become shorter while it was read"):
        parts[[0, 7]]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the system does not list mapped pages")
def test_reading_leaves_no_pages_of_the_files_in_this_process(tmp_path: Path) -> None:
    """By page faults each row of a mapped file may bring 2 MiB of it along."""
    np.save(tmp_path / "large.npy", np.ones((1 << 14, 1 << 10), np.float32))  # 64 MiB
    mapped = map_npy(tmp_path / "large.npy")
    whole = RowParts([mapped])
    for start in range(0, len(whole), 64):
        assert whole[np.arange(start, start + 64)[::-1]].all()
    pages = re.search(rf"{tmp_path}/large.npy\n.*?Rss: *(\d+) kB", Path("/proc/self/smaps").read_text(), re.DOTALL)
    assert pages is not None
    assert int(pages[1]) < 1 << 10


def test_very_many_rows_of_pairs_stay_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets some of very many pairs aside copies neither part; what is read of either is the same."""
    monkeypatch.setattr(row_parts, "_READ", 64)
    rows = np.arange(60, dtype=np.float32).reshape(20, 3)
    pairs = Pairs(RowParts([rows[:8], rows[8:]]), RowParts([2 * rows]))
    chosen = np.array([19, 3, 3, 7, 12, 0, 8])
    part = pairs.take(chosen)
    assert isinstance(part.image, RowParts)
    assert part.image.nbytes == 7 * 12
    assert np.array_equal(np.asarray(part.image), rows[chosen])
    assert np.array_equal(np.asarray(part.take([4, -1]).text), 2 * rows[chosen][[4, -1]])
    assert np.array_equal(np.asarray(pairs.take(rows[:, 0] > 20).image), rows[rows[:, 0] > 20])


def test_rows_of_several_are_joined_where_they_lie(parts: RowParts, whole: np.ndarray) -> None:
    some = RowParts(parts.parts, np.array([40, 2, 2]))
    for several, expected in (
        ([parts, parts], [whole, whole]),
        ([whole, parts], [whole, whole]),
        ([some, whole, parts], [whole[[40, 2, 2]], whole, whole]),
        ([parts, some, some], [whole, whole[[40, 2, 2]], whole[[40, 2, 2]]]),
    ):
        joined = RowParts.joined(several)
        assert np.array_equal(np.asarray(joined), np.concatenate(expected))
        assert np.array_equal(joined[[-1, 0]], np.concatenate(expected)[[-1, 0]])
    with pytest.raises(DataError, match="parts must have one width and type"):
        RowParts.joined([parts, whole.astype(np.float32)])


def test_what_was_read_is_in_no_file(parts: RowParts, whole: np.ndarray) -> None:
    mapped = parts.parts[3]
    assert in_file(mapped)
    assert in_file(mapped[2:9])
    assert in_file(np.asarray(mapped))
    assert not in_file(whole)
    assert not in_file(mapped[[1, 2]])
    assert not in_file(mapped[mapped[:, 0] > 0])
