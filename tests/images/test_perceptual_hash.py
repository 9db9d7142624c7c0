"""64 bits that re-encoding and resizing keep, and the pairs of pictures that share them nearly."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.images.kit import BAD, encoded, scene
from ucch.images import hash_pictures, near_pairs, perceptual_hash
from ucch.images.perceptual_hash import NEAR_BITS, Hashes
from ucch.near_codes import first_of_group


def _copies(picture: Image.Image) -> dict[str, bytes]:
    half = picture.resize((picture.width // 2, picture.height // 2))
    return {
        "quality 70": encoded(picture, "JPEG", quality=70),
        "half": encoded(half, "JPEG", quality=90),
        "both": encoded(half, "JPEG", quality=70),
        "png": encoded(picture, "PNG"),
        "webp": encoded(picture, "WEBP", quality=70),
        "grey": encoded(picture.convert("L"), "JPEG", quality=90),
    }


def groups(hashes: Hashes, radius: int = NEAR_BITS) -> npt.NDArray[np.int64]:
    return first_of_group(len(hashes), *near_pairs(hashes, radius).T)


def _distance(one: int, other: int) -> int:
    return (int(one) ^ int(other)).bit_count()


def test_copies_are_near_and_others_far(tmp_path: Path) -> None:
    contents = {"first": encoded(scene(0), "JPEG", quality=95), **_copies(scene(0))}
    contents |= {f"other {seed}": encoded(scene(seed), "JPEG", quality=95) for seed in range(1, 12)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    hashes, known = hash_pictures([tmp_path / name for name in contents])
    assert known.all()
    distance = {name: _distance(hashes[0], hashes[row]) for row, name in enumerate(contents)}
    assert max(distance[name] for name in _copies(scene(0))) <= NEAR_BITS
    assert min(d for name, d in distance.items() if name.startswith("other")) > 2 * NEAR_BITS
    assert groups(hashes).tolist() == [0] * 7 + list(range(7, 18))


def test_half_of_the_bits_stand_and_the_first_is_the_mean() -> None:
    for seed in range(5):
        bits = perceptual_hash(scene(seed))
        assert bits is not None
        assert bits.bit_count() == 32
        assert bits >> 63 == 1


def test_a_wave_is_above_the_median_where_it_stands() -> None:
    """cos(pi (x + 1/2) u / 32) is the frequency (0, u) alone, so that only the bits of it and of the mean are sure."""
    for u in range(1, 8):
        wave = 128 + 100 * np.cos(np.pi * (np.arange(32) + 0.5) * u / 32)
        bits = perceptual_hash(Image.fromarray(np.tile(wave, (32, 1)).round().astype(np.uint8)))
        assert bits is not None
        assert bits >> (63 - u) & 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_grey_says_nothing(level: int, tmp_path: Path) -> None:
    assert perceptual_hash(Image.new("RGB", (50, 40), (level, level, level))) is None
    (tmp_path / "flat.jpg").write_bytes(encoded(Image.new("RGB", (50, 40), (level,) * 3), "JPEG", quality=70))
    hashes, known = hash_pictures([tmp_path / "flat.jpg"])
    assert not known.any()
    assert hashes.tolist() == [0]


def test_bad_pictures_are_not_known_and_move_no_other(tmp_path: Path) -> None:
    contents = {"a.png": encoded(scene(1), "PNG"), **{name: make() for name, make in BAD.items()}}
    contents["z.png"] = encoded(scene(2), "PNG")
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    steps: list[tuple[int, int]] = []
    paths = [*(tmp_path / name for name in contents), tmp_path / "missing.png"]
    hashes, known = hash_pictures(paths, on_progress=lambda done, total: steps.append((done, total)))
    assert known.tolist() == [path.name in ("a.png", "z.png") for path in paths]
    assert [int(hashes[row]) for row in np.flatnonzero(known)] == [perceptual_hash(scene(seed)) for seed in (1, 2)]
    assert steps == [(row + 1, len(paths)) for row in range(len(paths))]
    again = hash_pictures(paths, workers=2)
    assert np.array_equal(again[0], hashes)
    assert np.array_equal(again[1], known)


def test_a_large_jpeg_that_is_decoded_small_is_near_what_it_is(tmp_path: Path) -> None:
    large = scene(3, (2400, 1800))
    (tmp_path / "large.jpg").write_bytes(encoded(large, "JPEG", quality=90))
    hashes, _ = hash_pictures([tmp_path / "large.jpg"])
    whole = perceptual_hash(large)
    assert whole is not None
    assert _distance(hashes[0], whole) <= 2


def _changed(value: np.uint64, bits: np.ndarray) -> np.uint64:
    for bit in bits:
        value ^= np.uint64(1 << int(bit))
    return value


def _loop(hashes: np.ndarray, radius: int) -> list[list[int]]:
    """All pairs, where the first of equal hashes stands for them."""
    first = {int(value): row for row, value in reversed(list(enumerate(hashes)))}
    pairs = [[first[int(value)], row] for row, value in enumerate(hashes) if first[int(value)] != row]
    distinct = sorted(first.items(), key=lambda item: item[1])
    for (one, i), (other, j) in itertools.combinations(distinct, 2):
        if (one ^ other).bit_count() <= radius:
            pairs.append([i, j])
    return sorted(pairs)


@pytest.mark.parametrize("radius", range(16))
def test_pairs_are_those_of_a_loop(radius: int) -> None:
    rng = np.random.default_rng(radius)
    hashes = rng.integers(0, 1 << 63, 90, dtype=np.uint64)
    for row in range(30, 60):  # copies with bits changed anywhere
        hashes[row] = _changed(hashes[row - 30], rng.permutation(64)[: rng.integers(0, 20)])
    for row in range(60, 90):  # and in one part of 16 bits
        hashes[row] = _changed(hashes[row - 60], 16 * rng.integers(0, 4) + rng.permutation(16)[: rng.integers(0, 8)])
    assert near_pairs(hashes, radius).tolist() == _loop(hashes, radius)


def test_every_radius_is_reached_exactly() -> None:
    rng = np.random.default_rng(0)
    for away in range(1, 16):
        one = rng.integers(0, 1 << 63, dtype=np.uint64)
        hashes = np.array([one, _changed(one, rng.permutation(64)[:away])], dtype=np.uint64)
        assert near_pairs(hashes, away).tolist() == [[0, 1]]
        assert near_pairs(hashes, away - 1).tolist() == []


def test_equal_hashes_are_a_star_and_groups_are_chains() -> None:
    hashes = np.array([0b1111, 7, 0, 7, 0b1, 7, 0xFFFF << 40], dtype=np.uint64)
    assert near_pairs(hashes, 1).tolist() == [[0, 1], [1, 3], [1, 5], [2, 4]]
    assert groups(hashes, 1).tolist() == [0, 0, 2, 0, 2, 0, 6]
    assert groups(hashes, 0).tolist() == [0, 1, 2, 1, 4, 1, 6]
    assert near_pairs(np.zeros(0, dtype=np.uint64)).shape == (0, 2)


@pytest.mark.parametrize("radius", [-1, 16])
def test_other_radii_are_refused(radius: int) -> None:
    with pytest.raises(ValueError, match=rf"^radius must lie in \[0, 15\], got {radius}$"):
        near_pairs(np.zeros(2, dtype=np.uint64), radius)
