"""Pictures that are copies of one another, and the sides they stand on."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.leak_copies import measure
from tests.images.kit import encoded, scene
from ucch.extraction import Copies, find_copies
from ucch.images import open_images


def _half(seed: int) -> bytes:
    picture = scene(seed)
    return encoded(picture.resize((picture.width // 2, picture.height // 2)), "JPEG", quality=85)


def _contents() -> dict[str, bytes]:
    """Six pictures: two are the same bytes, two more look like the third and the sixth."""
    content = {str(seed): encoded(scene(seed), "JPEG", quality=95) for seed in range(3)}
    return {
        "a": content["0"],
        "b": content["1"],
        "c": content["2"],
        "d": content["1"],
        "e": _half(2),
        "f": encoded(scene(2), "JPEG", quality=70),
        "g": encoded(scene(5), "PNG"),
    }


EQUAL, NEAR = [0, 1, 2, 1, 4, 5, 6], [0, 1, 2, 1, 2, 2, 6]


def _folder(place: Path) -> Path:
    place.mkdir()
    for name, content in _contents().items():
        (place / f"{name}.jpg").write_bytes(content)
    return place


def _shards(place: Path) -> Path:
    place.mkdir()
    names = list(_contents())
    for number, part in enumerate((names[:4], names[4:])):
        with tarfile.open(place / f"{number:05}.tar", "w") as archive:
            for name in part:
                member = tarfile.TarInfo(f"{name}.jpg")
                member.size = len(_contents()[name])
                archive.addfile(member, io.BytesIO(_contents()[name]))
    return place


def _table(place: Path) -> Path:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    place.mkdir()
    table = arrow.table({"key": list(_contents()), "jpg": list(_contents().values())})
    parquet.write_table(table, place / "00000.parquet", row_group_size=3)
    return place


def _keys(items: list[object]) -> list[bytes]:
    contents = [item.read_bytes() if isinstance(item, Path) else item.read() for item in items]  # type: ignore[attr-defined]
    return [hashlib.sha256(content).digest() for content in contents]


@pytest.mark.parametrize("make", [_folder, _shards, _table])
def test_copies_are_found_wherever_pictures_lie(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    items = list(open_images(make(tmp_path / "place")).items)
    copies = find_copies(items, _keys(items))
    assert (copies.equal.tolist(), copies.near.tolist()) == (EQUAL, NEAR)


def test_the_cache_gives_what_was_found_and_decodes_no_more(tmp_path: Path) -> None:
    items = list(open_images(_folder(tmp_path / "place")).items)
    (tmp_path / "place" / "flat.jpg").write_bytes(encoded(scene(0).resize((1, 1)).resize((40, 40)), "PNG"))
    items.append(tmp_path / "place" / "flat.jpg")
    keys = _keys(items)
    steps: list[tuple[int, int]] = []
    first = find_copies(items, keys, cache_folder=tmp_path / "cache")
    for item in items:
        Path(str(item)).unlink()
    again = find_copies(
        items, keys, cache_folder=tmp_path / "cache", on_progress=lambda done, total: steps.append((done, total))
    )
    assert (first.near.tolist(), again.near.tolist()) == ([*NEAR, 7], [*NEAR, 7])
    assert steps == [(7, 7)]  # eight pictures of seven contents


def test_bad_pictures_are_copies_of_none(tmp_path: Path) -> None:
    items = list(open_images(_folder(tmp_path / "place")).items)
    keys = _keys(items)
    keys[1], keys[3], keys[5] = b"", b"", b""
    copies = find_copies(items, keys)
    assert copies.equal.tolist() == list(range(7))
    assert copies.near.tolist() == [0, 1, 2, 3, 2, 5, 6]
    none = find_copies([], [])
    assert none.near.shape == none.equal.shape == (0,)


COPIES = Copies(np.array(EQUAL), np.array(NEAR))


def _mask(*rows: int) -> np.ndarray:
    return np.isin(np.arange(7), rows)


@pytest.mark.parametrize(
    ("drawn", "equal", "near"),
    [
        ([1, 4], [1, 3, 4], [1, 3]),  # the first of a group decides
        ([3, 6], [6], [6]),
        ([3], [1, 3], [1, 3]),  # unless no query would be left
        ([4, 5], [4, 5], [2, 4, 5]),
    ],
)
def test_a_group_stands_on_the_side_of_its_first(drawn: list[int], equal: list[int], near: list[int]) -> None:
    assert np.flatnonzero(COPIES.together(_mask(*drawn))).tolist() == equal
    assert np.flatnonzero(COPIES.together(_mask(*drawn), near=True)).tolist() == near


def test_no_group_stands_on_both_sides_whatever_is_drawn() -> None:
    for number in range(1, 128):
        drawn = _mask(*(row for row in range(7) if number >> row & 1))
        for near in (False, True):
            chosen = COPIES.together(drawn, near=near)
            assert chosen.any()
            assert COPIES.counted(chosen, "abcdefg", near=near).across == 0


def test_counts_name_the_copy_and_its_original() -> None:
    equal = COPIES.counted(_mask(3, 4, 6), "abcdefg", near=False)
    near = COPIES.counted(_mask(3, 4, 6), "abcdefg", near=True)
    assert equal.to_json() == {"count": 1, "first": ["d = b"], "across": 1, "first_across": ["d = b"]}
    assert near.to_json() == {"count": 2, "first": ["e = c", "f = c"], "across": 1, "first_across": ["e = c"]}
    without = COPIES.counted(_mask(3, 4, 6), "abcdefg", near=True, among=_mask(0, 1, 3, 4, 6))
    assert without.across == 0
    assert np.flatnonzero(COPIES.of_queries(_mask(3, 4, 6))).tolist() == [1, 2, 5]


def test_hidden_copies_of_real_photographs_are_found(shared_data: Path, tmp_path: Path) -> None:
    photographs = sorted((shared_data / "flickr8k-500" / "images").iterdir())
    found, false = measure(photographs, tmp_path, seed=0, each=20)
    assert found[0] == 20
    assert min(found[1:]) >= 19
    assert false == 0
