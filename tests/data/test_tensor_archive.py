"""Features that lie in files of tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from ucch.data import load_items, load_npz
from ucch.data.shards import open_shards
from ucch.data.tensor_archive import TensorArchive
from ucch.errors import DataError
from ucch.extraction import open_features

WRITERS = {".safetensors": save_file, ".pt": torch.save, ".pth": torch.save}


def tensors(n: int = 60) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {"image": torch.randn(n, 4, generator=generator), "text": torch.randn(n, 3, generator=generator)}


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def written(held: Any, name: str = "mine") -> Path:
        path = tmp_path / f"{name}{request.param}"
        WRITERS[request.param](held, path)
        return path

    return written


def test_pairs_are_those_of_the_same_arrays_in_an_npz(write: Any, tmp_path: Path) -> None:
    held = {f"{name}_train": rows for name, rows in tensors().items()}
    held |= {f"{name}_query": rows[:7].clone() + 1 for name, rows in tensors().items()}
    held |= {"label_train": torch.arange(60) % 5, "label_query": torch.arange(7) % 5}
    np.savez(tmp_path / "same.npz", **{name: rows.numpy() for name, rows in held.items()})
    path = write(held)
    for found in (load_npz(path), load_items(path)):
        assert found.digest() == load_npz(tmp_path / "same.npz").digest()
        assert found.name == "mine"


def test_image_and_text_alone_are_enough(write: Any) -> None:
    found = load_items(write(tensors()))
    assert (len(found.train), len(found.query), found.train.names) == (54, 6, ("image", "text"))


def test_other_views_and_one_alone(write: Any) -> None:
    three = {f"{name}_train": rows for name, rows in zip("abc", [*tensors().values(), torch.eye(60)], strict=True)}
    assert load_items(write(three)).train.names == ("a", "b", "c")
    assert load_items(write({"features": tensors()["image"]}, "alone")).train.names == ("features",)


def test_one_tensor_is_one_view(tmp_path: Path) -> None:
    torch.save(tensors()["image"], tmp_path / "one.pt")
    assert load_items(tmp_path / "one.pt").train.names == ("features",)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int32])
def test_values_are_kept(write: Any, dtype: torch.dtype) -> None:
    values = (torch.arange(12).reshape(4, 3) - 5).to(dtype)
    with TensorArchive(write({"a": values})) as archive:
        found = archive.read("a")
    np.testing.assert_array_equal(found, values.float().numpy())
    assert found.dtype == (np.float32 if dtype == torch.bfloat16 else values.numpy().dtype)


def test_lists_of_numbers_are_taken_as_they_stand(tmp_path: Path) -> None:
    torch.save({**tensors(), "label": [n % 3 for n in range(60)]}, tmp_path / "mine.pt")
    assert load_items(tmp_path / "mine.pt").n_classes == 3


def test_the_format_before_zip_archives_is_read(tmp_path: Path) -> None:
    torch.save(tensors(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert len(load_items(tmp_path / "old.pt").train) == 54


def test_gradients_and_views_do_not_matter(tmp_path: Path) -> None:
    image = torch.nn.Parameter(torch.randn(8, 30)).T  # not contiguous
    torch.save({"image": image, "text": torch.randn(30, 2)}, tmp_path / "mine.pt")
    assert load_items(tmp_path / "mine.pt").train.views["image"].shape == (27, 8)


class Reached:
    """What a file must not make."""


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (
            {"image": Reached()},
            r"holds something else than tensors, and objects of Python could run code; save tensors alone",
        ),
        ([torch.ones(2)], "must hold a tensor or a dict of tensors, got list"),
        ({"image": "words"}, "image must be a tensor or a list of numbers, got str"),
        ({"image": torch.eye(3).to_sparse(), "text": torch.eye(3)}, r"image must be a dense tensor, got torch\.sparse"),
    ],
)
def test_what_is_no_tensor_is_refused(held: Any, message: str, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "mine.pt")
    with pytest.raises(DataError, match=message):
        load_items(tmp_path / "mine.pt")


@pytest.mark.parametrize("ending", WRITERS)
def test_damaged_files_are_named(ending: str, write: Any, tmp_path: Path) -> None:
    path = tmp_path / f"mine{ending}"
    WRITERS[ending](tensors(), path)
    whole = path.read_bytes()
    for content in (b"", b"words", whole[:-200], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=f"mine{ending} "):
            load_items(path)
    path.unlink()
    with pytest.raises(DataError, match=f"mine{ending}"):
        load_npz(path)


def test_shards_of_tensors(write: Any, tmp_path: Path) -> None:
    for number in (10, 2):
        write({name: rows + number for name, rows in tensors().items()}, f"part{number}")
    shards = [shard().views["image"] for shard in open_shards(tmp_path)]
    np.testing.assert_array_equal(shards[0], tensors()["image"].numpy() + 2)
    assert len(shards) == 2


def test_features_to_encode_are_read_a_few_rows_at_a_time(write: Any) -> None:
    path = write({**tensors(10), "other": torch.zeros(3)})
    features = open_features(path, "text")
    assert features.n_rows == 10
    batches = list(features.batches(4))
    assert [len(rows) for rows, _ in batches] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in batches]), tensors(10)["text"].numpy())
    assert [name for _, ids in batches for name in ids] == [str(row) for row in range(10)]
    assert open_features(write({"x": torch.eye(3)}, "one"), "image").n_rows == 3
    with pytest.raises(DataError, match="must hold a tensor audio, or one tensor alone, it holds "):
        open_features(path, "audio")
    with pytest.raises(DataError, match=r"must hold a matrix of features, a row per item, got shape \(3,\)"):
        open_features(write({"x": torch.zeros(3)}, "line"), "image")
