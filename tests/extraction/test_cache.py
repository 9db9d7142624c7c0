"""Features kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.extraction import FeatureCache, default_cache_folder

KEYS = [bytes([number]) * 32 for number in range(4)]
FEATURES = np.arange(12, dtype=np.float32).reshape(4, 3)


def _filled(folder: Path | None, digest: str = "a" * 64) -> None:
    with FeatureCache(folder, digest, 3) as cache:
        cache.put(KEYS[:2], FEATURES[:2])
        cache.put(KEYS[2:], FEATURES[2:])


def test_what_is_put_is_found_again_by_another_run(tmp_path: Path) -> None:
    _filled(tmp_path)
    with FeatureCache(tmp_path, "a" * 64, 3) as cache:
        assert len(cache) == 4
        np.testing.assert_array_equal([cache.get(key) for key in KEYS], FEATURES)
        assert b"z" * 32 not in cache


def test_encoders_do_not_see_one_another(tmp_path: Path) -> None:
    _filled(tmp_path)
    with FeatureCache(tmp_path, "b" * 64, 3) as other:
        assert len(other) == 0


def test_without_a_folder_it_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _filled(None)
    assert list(tmp_path.iterdir()) == []


def test_runs_at_once_write_files_of_their_own(tmp_path: Path) -> None:
    with FeatureCache(tmp_path, "a" * 64, 3) as first, FeatureCache(tmp_path, "a" * 64, 3) as second:
        first.put(KEYS[:1], FEATURES[:1])
        second.put(KEYS[1:2], FEATURES[1:2])
    with FeatureCache(tmp_path, "a" * 64, 3) as cache:
        assert len(cache) == 2


@pytest.mark.parametrize("kept", range(0, 4 * 48, 7))
def test_a_file_cut_off_anywhere_loses_only_the_record_that_is_cut(tmp_path: Path, kept: int) -> None:
    _filled(tmp_path)
    (path,) = tmp_path.glob("*/*.records")
    path.write_bytes(path.read_bytes()[:kept])
    with FeatureCache(tmp_path, "a" * 64, 3) as cache:
        assert len(cache) == kept // 48
        for row in range(len(cache)):
            np.testing.assert_array_equal(cache.get(KEYS[row]), FEATURES[row])


def test_a_damaged_record_counts_as_missing(tmp_path: Path) -> None:
    _filled(tmp_path)
    (path,) = tmp_path.glob("*/*.records")
    content = bytearray(path.read_bytes())
    content[48 + 40] ^= 1  # a bit of the second record's features
    path.write_bytes(content)
    with FeatureCache(tmp_path, "a" * 64, 3) as cache:
        assert [key in cache for key in KEYS] == [True, False, True, True]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="^cache .* cannot be made: "):
        FeatureCache(tmp_path / "file", "a" * 64, 3)


def test_the_default_folder_follows_the_convention(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_cache_folder() == Path("/somewhere/ucch")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_folder() == Path.home() / ".cache" / "ucch"
