"""Files of features to files of codes: the codes of the whole, file by file, and by several processes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.processes import Processes
from ucch.collectives import World
from ucch.data import FeatureScaler
from ucch.errors import DataError
from ucch.extraction import encode_file, encode_files, encode_folder, files_to_encode
from ucch.models import HashModel, HashTower

SAID = {"model_digest": "abc", "modality": "image", "n_bits": 12}


def small_model() -> HashModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        features = np.random.default_rng(0).normal(size=(50, 6))
        scaler = FeatureScaler.fit(features)
        return HashModel(scaler, scaler, HashTower(6, 12, width=8), HashTower(6, 12, width=8)).eval()


def write_features(folder: Path, n_files: int = 5) -> list[np.ndarray]:
    folder.mkdir()
    parts = [np.random.default_rng(seed).normal(size=(7 + seed, 6)).astype(np.float32) for seed in range(n_files)]
    for number, part in enumerate(parts):
        np.save(folder / f"{number}.npy", part)
    return parts


def encode_all(world: World, source: Path, out: Path) -> int:
    """What one process of several makes."""
    files = files_to_encode(source, out, **SAID) if world.rank == 0 else []
    names = world.tell("\n".join(map(str, files))).splitlines()
    return encode_folder(small_model(), [Path(name) for name in names], out, "image", world=world)


@pytest.mark.parametrize("modality", ["image", "text"])
def test_a_file_in_batches_has_the_codes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modality: str
) -> None:
    monkeypatch.setattr(encode_files, "_WRITE_ROWS", 2 * 4096)
    features = np.random.default_rng(1).normal(size=(3 * 4096 + 5, 6)).astype(np.float16)
    np.save(tmp_path / "f.npy", features)
    model, seen = small_model(), []
    count = encode_file(
        model, tmp_path / "f.npy", tmp_path / "c.npy", modality, on_progress=lambda *step: seen.append(step[1:])
    )
    assert count == len(features)
    whole = (model.encode_image if modality == "image" else model.encode_text)(features)
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), whole)
    assert (tmp_path / "c.ids.txt").read_text().splitlines()[-1] == "12292"
    assert seen == [(done, 12293) for done in (4096, 8192, 12288, 12293)]


def test_a_bad_row_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    features = np.zeros((5000, 6), np.float32)
    features[4999, 1] = np.nan
    np.save(tmp_path / "f.npy", features)
    with pytest.raises(DataError, match=r"f\.npy, from row 4096 on: image must be finite in float32, but row 903"):
        encode_file(small_model(), tmp_path / "f.npy", tmp_path / "c.npy", "image")
    assert [path.name for path in tmp_path.iterdir()] == ["f.npy"]
    np.save(tmp_path / "none.npy", features[:0])
    with pytest.raises(DataError, match="must have at least one row of features, got none"):
        encode_file(small_model(), tmp_path / "none.npy", tmp_path / "c.npy", "image")


def test_a_folder_goes_on_file_by_file(tmp_path: Path) -> None:
    source, out = tmp_path / "features", tmp_path / "codes"
    parts = write_features(source)
    todo = files_to_encode(source, out, **SAID)
    assert [path.name for path in todo] == ["0.npy", "1.npy", "2.npy", "3.npy", "4.npy"]
    encode_folder(small_model(), todo[:2], out, "image")
    times = [(out / name).stat().st_mtime_ns for name in ("0.npy", "1.npy")]
    (out / "2.ids.txt").write_text("of a call that was killed\n")
    rest = files_to_encode(source, out, **SAID)
    assert [path.name for path in rest] == ["2.npy", "3.npy", "4.npy"]
    assert encode_folder(small_model(), rest, out, "image") == sum(len(part) for part in parts[2:])
    assert [(out / name).stat().st_mtime_ns for name in ("0.npy", "1.npy")] == times
    assert files_to_encode(source, out, **SAID) == []
    for number, part in enumerate(parts):
        np.testing.assert_array_equal(np.load(out / f"{number}.npy"), small_model().encode_image(part))
        assert len((out / f"{number}.ids.txt").read_text().splitlines()) == len(part)


@pytest.mark.slow
def test_processes_share_the_files(tmp_path: Path, processes: Processes) -> None:
    source, out = tmp_path / "features", tmp_path / "codes"
    parts = write_features(source)
    made = processes.run(encode_all, source, out)
    assert sum(made) == sum(map(len, parts))
    assert all(made)
    for number, part in enumerate(parts):
        np.testing.assert_array_equal(np.load(out / f"{number}.npy"), small_model().encode_image(part))


def test_folders_of_something_else_are_refused(tmp_path: Path) -> None:
    source, out = tmp_path / "features", tmp_path / "codes"
    source.mkdir()
    with pytest.raises(DataError, match=r"holds no file ending in \.npy or \.parquet"):
        files_to_encode(source, out, **SAID)
    np.save(source / "a.npy", np.zeros((2, 6)))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(DataError, match="mine already holds something; name another folder"):
        files_to_encode(source, tmp_path / "mine", **SAID)
    encode_folder(small_model(), files_to_encode(source, out, **SAID), out, "image")
    with pytest.raises(DataError, match="codes holds codes of another model or modality; name another folder"):
        files_to_encode(source, out, **{**SAID, "model_digest": "other"})
    later = (out / "a.npy").stat().st_mtime_ns + 10**9
    os.utime(source / "a.npy", ns=(later, later))
    with pytest.raises(DataError, match="is older than .* which it was made from; delete it to encode it again"):
        files_to_encode(source, out, **SAID)
    (out / "encoding.json").write_text("{")
    with pytest.raises(DataError, match=r"encoding\.json cannot be read"):
        files_to_encode(source, out, **SAID)
