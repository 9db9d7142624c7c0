"""Images with several captions, in the layout that the image-caption literature shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataError
from ..text_lines import read_lines
from .array_spec import read_npy
from .arrays import FeatureArray, row_chunks
from .dataset import PairedDataset
from .entry import DatasetEntry
from .pairs import Pairs

__all__ = ["N_CAPTIONS", "N_WORDS", "load_caption_set"]

N_CAPTIONS = 5
N_WORDS = 3000


def load_caption_set(entry: DatasetEntry, root: Path) -> PairedDataset:
    """Load image features and captions: ``train_ims.npy``, ``train_caps.txt``, ``test_ims.npy``, ``test_caps.txt``.

    A caption file has a caption per line, five in a row for each image. An image file has a row per image, or the
    older form's row per caption, of which every fifth is taken. Images stay on disk, memory-mapped. A text is the
    binary bag of the 3,000 most frequent words of the training captions, 3,000 bytes a caption. The
    queries are the test split; there are no labels, and evaluation looks for the pairs among the queries.

    Args:
        entry: the set.
        root: the folder with its files.

    Raises:
        DataError: a file is missing or damaged, or does not have five captions per image.

    Note:
        Published numbers use the text tower of VSE++ on word sequences; a bag of words is what can be had from the
        captions alone. Features of a sentence encoder go into an ``.npz`` file with ``image_of_text_train``.

    Reference:
        F. Faghri, D. Fleet, J. Kiros, S. Fidler: VSE++: Improving Visual-Semantic Embeddings with Hard Negatives,
        BMVC 2018.
    """
    paths = {name: entry.find(root, name) for name, _ in entry.other_files}
    captions = {split: _read_captions(paths[f"{split}_caps.txt"]) for split in ("train", "test")}
    images = {split: _read_images(paths[f"{split}_ims.npy"], len(captions[split])) for split in captions}
    if len(images["test"]) != entry.n_query:
        raise DataError(f"{paths['test_ims.npy']} must hold {entry.n_query} images, got {len(images['test'])}")
    from sklearn.feature_extraction.text import CountVectorizer

    words = CountVectorizer(binary=True, max_features=N_WORDS, dtype=np.uint8).fit(captions["train"])
    try:
        train, query = (
            Pairs(
                images[split],
                words.transform(captions[split]).toarray(),
                split=name,
                image_of_text=np.arange(len(captions[split])) // N_CAPTIONS,
            )
            for split, name in (("train", "train"), ("test", "query"))
        )
        return PairedDataset(entry.name, train, query)
    except DataError as error:
        raise DataError(f"{entry.name}: {error}") from None


def _read_captions(path: Path) -> list[str]:
    captions = read_lines(path, errors="replace")
    if not captions or len(captions) % N_CAPTIONS:
        raise DataError(f"{path} must have {N_CAPTIONS} lines for every image, got {len(captions)} lines")
    if not any(caption.strip() for caption in captions):
        raise DataError(f"{path} must hold captions, got blank lines only")
    return captions


def _read_images(path: Path, n_captions: int) -> FeatureArray:
    images, n_images = read_npy(path), n_captions // N_CAPTIONS
    if images.ndim != 2:
        raise DataError(
            f"{path} must have shape (images, features), got shape {images.shape};"
            " average region features over their regions first"
        )
    if len(images) == n_images:
        return images
    if len(images) != n_captions:
        raise DataError(
            f"{path} must have a row per image ({n_images}) or per caption ({n_captions}), got shape {images.shape}"
        )
    for rows in row_chunks(images[::N_CAPTIONS]):
        block = images[rows.start * N_CAPTIONS : rows.stop * N_CAPTIONS].reshape(-1, N_CAPTIONS, images.shape[1])
        differs = (block != block[:, :1]).any(axis=(1, 2))
        if differs.any():
            first = (rows.start + int(differs.argmax())) * N_CAPTIONS
            raise DataError(f"{path} must repeat each image {N_CAPTIONS} times, but rows from {first} on differ")
    return images[::N_CAPTIONS]
