"""Images with five captions each, from generated files of the shared layout."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.data.published_kit import CAPTION_SETS, small_entry, write_caption_set
from tests.training.kit import small_recipe
from ucch.data.caption_set import load_caption_set
from ucch.errors import DataError
from ucch.evaluation import encode_dataset, evaluate
from ucch.training import Trainer


@pytest.mark.parametrize("per_caption", [False, True])
@pytest.mark.parametrize("name", CAPTION_SETS)
def test_the_published_files_train_one_epoch_and_evaluate(tmp_path: Path, name: str, per_caption: bool) -> None:
    write_caption_set(tmp_path, per_caption=per_caption)
    entry = small_entry(name)
    dataset = entry.load(entry, tmp_path)
    assert len(dataset.train) == 64
    assert len(dataset.train.text) == 320
    trainer = Trainer(small_recipe(), dataset.train)
    assert np.isfinite(trainer.train_epoch().loss)
    assert trainer.bank.n_codes == 64
    report = evaluate(encode_dataset(trainer.model, dataset))
    assert (report["queries"], report["query_texts"], report["classes"]) == (16, 80, 0)
    assert report["map_mean"] is None
    assert 0 <= report["image_to_text"]["recall_at"]["1"] <= report["image_to_text"]["recall_at"]["10"] <= 1


def test_both_forms_of_the_image_file_hold_the_same_set(tmp_path: Path) -> None:
    digests = set()
    for per_caption in (False, True):
        folder = tmp_path / str(per_caption)
        folder.mkdir()
        write_caption_set(folder, per_caption=per_caption)
        digests.add(load_caption_set(small_entry("flickr8k"), folder).digest())
    assert len(digests) == 1


def test_images_stay_on_disk_and_texts_are_bags_of_words(tmp_path: Path) -> None:
    write_caption_set(tmp_path)
    train = load_caption_set(small_entry("flickr8k"), tmp_path).train
    assert isinstance(train.image, np.memmap)
    assert train.text.dtype == np.uint8
    assert set(np.unique(train.text)) == {0, 1}
    first_words = set((tmp_path / "train_caps.txt").read_text().splitlines()[0].split()) - {"a"}
    assert train.text[0].sum() == len(first_words)
    np.testing.assert_array_equal(train.item_of_text[:6], [0, 0, 0, 0, 0, 1])


def _drop_line(root: Path) -> None:
    lines = (root / "train_caps.txt").read_text().splitlines()
    (root / "train_caps.txt").write_text("\n".join(lines[:-1]))


def _blank(root: Path) -> None:
    (root / "test_caps.txt").write_text("\n" * 80)


def _regions(root: Path) -> None:
    np.save(root / "test_ims.npy", np.zeros((16, 36, 12)))


def _rows(root: Path) -> None:
    np.save(root / "train_ims.npy", np.zeros((63, 12)))


def _not_repeated(root: Path) -> None:
    images = np.repeat(np.arange(64.0)[:, None], 5, axis=0)
    images[13] += 1
    np.save(root / "train_ims.npy", images)


def _cut_off(root: Path) -> None:
    content = (root / "train_ims.npy").read_bytes()
    (root / "train_ims.npy").write_bytes(content[: len(content) // 2])


def _other_width(root: Path) -> None:
    np.save(root / "test_ims.npy", np.zeros((16, 11)))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (_drop_line, "{root}/train_caps.txt must have 5 lines for every image, got 319 lines"),
        (_blank, "{root}/test_caps.txt must hold captions, got blank lines only"),
        (
            _regions,
            "{root}/test_ims.npy must have shape (images, features), got shape (16, 36, 12);"
            " average region features over their regions first",
        ),
        (_rows, "{root}/train_ims.npy must have a row per image (64) or per caption (320), got shape (63, 12)"),
        (_not_repeated, "{root}/train_ims.npy must repeat each image 5 times, but rows from 10 on differ"),
        (_cut_off, "{root}/train_ims.npy is damaged or no .npy file of numbers: "),
        (
            _other_width,
            "flickr8k: image_train and image_query must have the same number of columns, got shapes (64, 12) and"
            " (16, 11)",
        ),
    ],
)
def test_broken_files_are_named(tmp_path: Path, break_it: object, message: str) -> None:
    write_caption_set(tmp_path)
    break_it(tmp_path)  # type: ignore[operator]
    with pytest.raises(DataError, match=f"^{re.escape(message.replace('{root}', str(tmp_path)))}"):
        load_caption_set(small_entry("flickr8k"), tmp_path)


def test_another_number_of_test_images_is_refused(tmp_path: Path) -> None:
    write_caption_set(tmp_path, n_test=15)
    with pytest.raises(DataError, match=r"test_ims\.npy must hold 16 images, got 15$"):
        load_caption_set(small_entry("flickr8k"), tmp_path)
