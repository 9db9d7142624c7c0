"""Image files to features."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.encoders.kit import ColourEncoder, counted_calls
from tests.images.kit import BAD, USABLE, write_photographs
from ucch.errors import DataError
from ucch.extraction import BadFile, encode_images
from ucch.images import decode_image


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    write_photographs(tmp_path / "photos", n=10)
    return sorted((tmp_path / "photos").iterdir())


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UCCH_TEST_CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def test_features_are_the_encoders_in_the_order_of_the_paths(photographs: list[Path]) -> None:
    encoder = ColourEncoder()
    result = encode_images(photographs, encoder, batch_size=3)
    expected = encoder.encode([encoder.prepare(decode_image(path.read_bytes())) for path in photographs])
    np.testing.assert_allclose(result.features, expected, atol=1e-6)
    assert (result.n_encoded, result.bad, result.good.all()) == (10, [], True)


def test_ten_kinds_of_files_are_encoded_or_listed(photographs: list[Path], tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    for name, make in (USABLE | BAD).items():
        (odd / name).write_bytes(make())
    (odd / "folder.jpg").mkdir()
    paths = [*photographs, *(odd / name for name in (*USABLE, *BAD)), odd / "folder.jpg", odd / "missing.jpg"]
    result = encode_images(paths, ColourEncoder(), batch_size=4, max_bad=0.5)
    assert result.good.sum() == len(result.features) == 15
    assert {entry.path.name for entry in result.bad} == {*BAD, "folder.jpg", "missing.jpg"}
    assert BadFile(odd / "missing.jpg", "no such file") in result.bad


def test_the_share_of_bad_files_is_bounded(photographs: list[Path]) -> None:
    photographs[3].write_bytes(b"")
    assert len(encode_images(photographs, ColourEncoder(), max_bad=0.1).bad) == 1
    message = (
        "1 of 10 image files are bad, more than the share 0.09 that --max-bad allows:"
        f" {photographs[3]} (the file is empty)"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode_images(photographs, ColourEncoder(), max_bad=0.09)


def test_nothing_good_is_an_error_whatever_the_share(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="^none of the 7 image files can be used: .*; and 2 more$"):
        encode_images([tmp_path / str(number) for number in range(7)], ColourEncoder(), max_bad=1.0)


def test_one_content_is_encoded_once_under_whatever_names(photographs: list[Path], calls: Path, tmp_path: Path) -> None:
    for number in range(5):
        shutil.copy(photographs[0], tmp_path / "photos" / f"copy{number}.jpg")
    paths = sorted((tmp_path / "photos").iterdir())
    result = encode_images(paths, ColourEncoder(), batch_size=4)
    assert counted_calls(calls) == [4, 4, 2]
    assert result.n_encoded == 10
    copies = result.features[[path.name.startswith("copy") for path in paths]]
    np.testing.assert_array_equal(copies, np.tile(result.features[0], (5, 1)))


def test_the_cache_knows_contents_not_names(photographs: list[Path], calls: Path, tmp_path: Path) -> None:
    first = encode_images(photographs, ColourEncoder(), cache_folder=tmp_path / "cache", batch_size=4)
    renamed = [path.rename(path.with_name(f"new-{path.name}")) for path in photographs]
    renamed[2].write_bytes(renamed[5].read_bytes())
    second = encode_images(renamed, ColourEncoder(), cache_folder=tmp_path / "cache", batch_size=4)
    assert counted_calls(calls) == [4, 4, 2]
    assert second.n_encoded == 0
    np.testing.assert_array_equal(np.delete(second.features, 2, 0), np.delete(first.features, 2, 0))
    np.testing.assert_array_equal(second.features[2], first.features[5])
    encode_images(renamed, ColourEncoder("other"), cache_folder=tmp_path / "cache")
    assert sum(counted_calls(calls)) == 10 + 9


def test_workers_change_nothing(photographs: list[Path], tmp_path: Path) -> None:
    photographs[4].write_bytes(b"broken")
    alone = encode_images(photographs, ColourEncoder(), batch_size=3, max_bad=0.2)
    many = encode_images(photographs, ColourEncoder(), batch_size=3, max_bad=0.2, workers=2)
    np.testing.assert_array_equal(many.features, alone.features)
    assert many.bad == alone.bad


def test_progress_grows_to_the_end(photographs: list[Path]) -> None:
    seen: list[tuple[int, int]] = []
    encode_images(
        photographs, ColourEncoder(), batch_size=4, on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(4, 10), (8, 10), (10, 10), (10, 10)]


class _Wrong(ColourEncoder):
    def __init__(self, features: object) -> None:
        super().__init__()
        self.features = features

    def encode(self, batch: object) -> object:  # type: ignore[override]
        return self.features


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.zeros((10, 9)), "encoder colour must return float32 features of shape (10, 9), got float64 (10, 9)"),
        (np.zeros((10, 8), np.float32), "encoder colour must return float32 features of shape (10, 9), got float32"),
        ([1], "encoder colour must return float32 features of shape (10, 9), got list"),
        (np.full((10, 9), np.nan, np.float32), "encoder colour returned features that are not finite"),
    ],
)
def test_an_encoder_that_returns_something_else_is_refused(
    photographs: list[Path], features: object, message: str
) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        encode_images(photographs, _Wrong(features))


def test_wrong_numbers_are_refused(photographs: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"^batch_size must be at least 1, got 0$"):
        encode_images(photographs, ColourEncoder(), batch_size=0)
    with pytest.raises(ValueError, match=r"^max_bad must lie in \[0, 1\], got 2$"):
        encode_images(photographs, ColourEncoder(), max_bad=2)
