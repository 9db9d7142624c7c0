"""What is wrong with a broken set is named, all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.data.published_kit import (
    CAPTION_SETS,
    FEATURE_SETS,
    FORMS,
    small_arrays,
    small_entry,
    write_caption_set,
    write_feature_set,
)
from ucch.data import DATASETS, DatasetEntry, dataset_problems, file_problems

IMAGES, TAGS, LABELS = "mirflickr25k-iall-vgg.mat", "mirflickr25k-yall.mat", "mirflickr25k-lall.mat"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FEATURE_SETS)
def test_nothing_is_wrong_with_a_good_set(tmp_path: Path, name: str, form: str) -> None:
    entry = small_entry(name)
    write_feature_set(entry, tmp_path, form)
    assert dataset_problems(entry, tmp_path) == []


def test_a_built_in_set_has_no_problems() -> None:
    assert dataset_problems(DATASETS["digits"], Path("nowhere")) == []


Files = dict[str, dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]]


def _rename(files: Files) -> None:
    files[IMAGES] = {"IAll": files[IMAGES]["XAll"]}


def _transpose(files: Files) -> None:
    files[TAGS]["YAll"] = files[TAGS]["YAll"].T


def _drop_rows(files: Files) -> None:
    files[LABELS]["LAll"] = files[LABELS]["LAll"][:-3]


def _drop_columns(files: Files) -> None:
    files[IMAGES]["XAll"] = files[IMAGES]["XAll"][:, :-1]


def _flatten(files: Files) -> None:
    files[LABELS]["LAll"] = files[LABELS]["LAll"][:70, :1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_rename, f"{{root}}/{IMAGES} lacks XAll; it holds IAll"),
        (
            _transpose,
            f"{{root}}/{TAGS}: YAll is transposed: it must have one row per item, shape (80, 12), got shape (12, 80)",
        ),
        (_drop_rows, f"{{root}}/{LABELS}: LAll must have 80 rows, got shape (77, 12)"),
        (_drop_columns, f"{{root}}/{IMAGES}: XAll must have shape (80, 12), got shape (80, 11)"),
        (_flatten, f"{{root}}/{LABELS}: LAll must have shape (80, 12), got shape (70, 1)"),
    ],
)
def test_one_wrong_matrix(tmp_path: Path, form: str, change: Callable[[Files], None], problem: str) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    change(files)
    write_feature_set(entry, tmp_path, form, files)
    assert dataset_problems(entry, tmp_path) == [problem.replace("{root}", str(tmp_path))]


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_file(tmp_path: Path, form: str, kept: float) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, form)
    content = (tmp_path / IMAGES).read_bytes()
    (tmp_path / IMAGES).write_bytes(content[: int(kept * len(content))])
    problems = dataset_problems(entry, tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / IMAGES} is damaged or ")


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    files = small_arrays(entry)
    _rename(files)
    _drop_rows(files)
    write_feature_set(entry, tmp_path, "matlab-5", files)
    (tmp_path / TAGS).unlink()
    assert dataset_problems(entry, tmp_path) == [
        f"{tmp_path / IMAGES} lacks XAll; it holds IAll",
        f"{TAGS} is not in {tmp_path} or {tmp_path / 'MIRFLICKR25K'}. The files come from: {entry.source}",
        f"{tmp_path / LABELS}: LAll must have 80 rows, got shape (77, 12)",
    ]


def test_missing_caption_files_are_all_named(tmp_path: Path) -> None:
    entry = small_entry("flickr30k")
    write_caption_set(tmp_path)
    (tmp_path / "train_caps.txt").unlink()
    (tmp_path / "test_ims.npy").unlink()
    problems = dataset_problems(entry, tmp_path)
    assert [problem.split(" is not in ")[0] for problem in problems] == ["train_caps.txt", "test_ims.npy"]


def test_raw_pictures_are_checked_where_they_are(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, "matlab-5")
    path = tmp_path / "mirflickr25k-iall.mat"
    for n, problems in (
        (80, []),
        (79, [f"{path}: IAll must hold 80 pictures, got 79 (shape (79, 4, 5, 3))"]),
    ):
        with h5py.File(path, "w") as file:
            file["IAll"] = np.zeros((n, 3, 5, 4), np.uint8)
        assert dataset_problems(entry, tmp_path) == problems
    path.write_bytes(b"no pictures")
    assert dataset_problems(entry, tmp_path) == [
        f"{path} is not an HDF5 file (MATLAB 7.3), which raw pictures are read from"
    ]


def _published_files(name: str, root: Path) -> tuple[DatasetEntry, Files]:
    """A set's entry and the matrices of its published schema, small where its reader allows it; lists are written."""
    if name in FEATURE_SETS:
        entry = small_entry(name)
        return entry, small_arrays(entry)
    entry = DATASETS[name]
    files: Files = {}
    for spec in entry.arrays:
        values = np.arange(spec.rows * spec.columns, dtype=np.uint32) % 7 == 0
        files.setdefault(spec.file, {})[spec.key] = values.astype(np.uint8).reshape(spec.rows, spec.columns)
    if name == "wikipedia":
        for split, n in (("trainset", 2173), ("testset", 693)):
            (root / f"{split}_txt_img_cat.list").write_text("text\timage\t1\n" * n)
    return entry, files


@pytest.mark.parametrize("what", ["missing key", "transposed", "wrong rows", "truncated"])
@pytest.mark.parametrize("name", [*FEATURE_SETS, "mirflickr-tags", "wikipedia"])
def test_what_is_wrong_with_a_matrix_is_named_in_every_set(tmp_path: Path, name: str, what: str) -> None:
    entry, files = _published_files(name, tmp_path)
    spec = entry.arrays[0]
    matrix = files[spec.file][spec.key]
    path = tmp_path / spec.file
    expected = {
        "missing key": f"{path} lacks {spec.key}; it holds ",
        "transposed": f"{path}: {spec.key} is transposed: it must have one row per item, shape {matrix.shape}, got ",
        "wrong rows": f"{path}: {spec.key} must have {len(matrix)} rows, got shape ({len(matrix) - 3}, ",
        "truncated": f"{path} is damaged or ",
    }
    if what == "missing key":
        files[spec.file]["other"] = files[spec.file].pop(spec.key)
    elif what in ("transposed", "wrong rows"):
        files[spec.file][spec.key] = matrix.T if what == "transposed" else matrix[:-3]
    write_feature_set(entry, tmp_path, "hdf5", files)
    if what == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    problems = dataset_problems(entry, tmp_path)
    assert any(problem.startswith(expected[what]) for problem in problems), problems
    assert all(str(path) in problem for problem in problems)


def _transpose_images(root: Path) -> None:
    np.save(root / "train_ims.npy", np.load(root / "train_ims.npy").T)


def _drop_images(root: Path) -> None:
    np.save(root / "train_ims.npy", np.load(root / "train_ims.npy")[:-3])


def _cut_images(root: Path) -> None:
    content = (root / "train_ims.npy").read_bytes()
    (root / "train_ims.npy").write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("name", CAPTION_SETS)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            _transpose_images,
            "{root}/train_ims.npy must have a row per image (64) or per caption (320), got shape (12, ",
        ),
        (_drop_images, "{root}/train_ims.npy must have a row per image (64) or per caption (320), got shape (61, 12)"),
        (_cut_images, "{root}/train_ims.npy is damaged or no .npy file of numbers: "),
    ],
)
def test_what_is_wrong_with_a_caption_set_is_named(
    tmp_path: Path, name: str, change: Callable[[Path], None], problem: str
) -> None:
    write_caption_set(tmp_path)
    assert dataset_problems(small_entry(name), tmp_path) == []
    change(tmp_path)
    (found,) = dataset_problems(small_entry(name), tmp_path)
    assert found.startswith(problem.replace("{root}", str(tmp_path)))


def test_a_file_of_ones_own_is_read_as_training_would(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image, text = rng.standard_normal((60, 4)), rng.standard_normal((60, 3))
    np.savez(tmp_path / "mine.npz", image=image, text=text)
    dataset, problems = file_problems(tmp_path / "mine.npz")
    assert dataset is not None
    assert (len(dataset.train), len(dataset.query), problems) == (54, 6, [])
    np.savez(tmp_path / "leak.npz", image_train=image, text_train=text, image_query=image[:5], text_query=text[:5])
    dataset, problems = file_problems(tmp_path / "leak.npz")
    assert dataset is not None
    assert len(problems) == 1
    assert "5 of 5 queries" in problems[0]
    dataset, problems = file_problems(tmp_path / "none.npz")
    assert dataset is None
    assert "none.npz" in problems[0]
