"""From a folder of photographs and their captions to a paired data set of features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import PairedDataset, Pairs
from ..data.captions import Captions
from ..data.left_out import LeftOut
from ..data.split_names import sides_of
from ..encoders import EncoderCard, Features, FittedTextEncoder
from ..errors import DataError
from ..images.sources import open_images
from .copies import CopyCount, find_copies
from .image_features import BadFile, encode_images
from .one_sided import alone_of_training, with_alone
from .query_split import split_images
from .text_features import encode_texts

__all__ = ["Extraction", "check_copies", "extract"]

LIKE_QUERY = "training pictures that are copies of a query, or look like one"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Extraction:
    """Hold what was extracted.

    Args:
        dataset: training and query pairs, split by image.
        image_ids, text_ids: by split, the file name of each image row; ``name#k`` for its k-th caption, from 0.
        encoders: cards of the ``image`` and the ``text`` encoder.
        bad: image files left out.
        n_empty: captions left out because they held no text.
        n_encoded: pictures that the encoder ran on, the rest being in the cache.
        left_out: captions and pictures left out, by reason.
        split_by: ``captions`` where the file of captions said the split, else ``seed``.
        equal_copies, near_copies: pictures with the same bytes as another, and those that only look like another.
        grouped_near: whether near copies were kept from standing on both sides.
        splits: images by the name of the split that the captions say; empty where they say none.
    """

    dataset: PairedDataset
    image_ids: dict[str, list[str]]
    text_ids: dict[str, list[str]]
    encoders: dict[str, EncoderCard]
    bad: list[BadFile]
    n_empty: int
    n_encoded: int
    left_out: LeftOut = field(default_factory=LeftOut)
    split_by: str = "seed"
    equal_copies: CopyCount = field(default_factory=CopyCount)
    near_copies: CopyCount = field(default_factory=CopyCount)
    grouped_near: bool = False
    splits: dict[str, int] = field(default_factory=dict)


def extract(
    images: str | Path,
    captions: Captions,
    image_encoder: Any,
    text_encoder: Any,
    *,
    specs: tuple[str, str],
    name: str = "features",
    query_share: float = 0.1,
    split_seed: int = 0,
    group_near: bool = False,
    one_sided: bool = False,
    max_bad: float = 0.05,
    batch_size: int = 64,
    workers: int = 0,
    cache_folder: str | Path | None = None,
    on_progress: Progress | None = None,
) -> Extraction:
    """Encode photographs and captions and split them into training and query pairs.

    Images are split, not captions, so that no photograph is on both sides: as the captions say, where they name
    training images and test images (or validation images, for want of those), by a draw otherwise. The draw is over
    all images that the captions name, so a broken or missing file moves no other from side to side; then pictures with
    the same bytes go to the side of the first of them. Pictures that look alike are counted. A text encoder that
    learns does so from the captions of the training images alone.

    Args:
        images: a place of pictures, as :func:`~ucch.images.sources.open_images` takes it.
        captions: what :func:`~ucch.data.captions.read_captions` gives; pictures are found by their names as
            :class:`~ucch.data.image_names.NameTable` says. Those that are not there are left out and counted.
        image_encoder, text_encoder: of :mod:`ucch.encoders`.
        specs: how the user named the two encoders; a run remembers it.
        name: what reports call the data set.
        query_share: share of the images that become queries, at least one image, where the split is drawn.
        split_seed: decides which.
        group_near: put pictures that look alike on one side, too; where the captions say the split, leave training
            pictures out that are copies of a query, or look like one.
        one_sided: keep training items that have one side, pictures without a caption and captions without a picture
            (:attr:`~ucch.data.captions.Captions.alone`); those of the queries are left out, which ask both ways.
        max_bad: share of the images that may be broken.
        batch_size: inputs per call of an encoder.
        workers: processes that decode images.
        cache_folder: where features are kept between runs.
        on_progress: called with ``images``, ``copies`` or ``captions``, how many are done, and how many there are.

    Raises:
        DataError: too many files are bad, or a split is left without an image.
    """
    source = open_images(images)
    n_named = len(captions.images)
    captions, rows = captions.found_in(source, one_sided=one_sided)
    said, splits = sides_of(captions.splits), dict(Counter(captions.splits))
    if said is None:
        is_query = split_images(n_named, query_share, split_seed)[rows]
    else:
        captions = captions.of_images(said[0] | said[1], "captions of the split")
        is_query = said[1][said[0] | said[1]]
    captions, alone = alone_of_training(captions, chosen=said is not None)
    names = [*captions.images, *alone.images]
    has_text = np.arange(len(names)) < len(captions.images)
    is_query = np.concatenate([is_query, np.zeros(len(alone.images), dtype=np.bool_)])
    items = source.chosen(names)
    encoded = encode_images(
        items,
        image_encoder,
        cache_folder=cache_folder,
        batch_size=batch_size,
        workers=workers,
        max_bad=max_bad,
        on_progress=_about(on_progress, "images"),
    )
    copies = find_copies(
        items,
        encoded.keys,
        cache_folder=cache_folder,
        workers=workers,
        on_progress=_about(on_progress, "copies"),
    )
    left_out = captions.left_out.merged()
    good = encoded.good.copy()
    if said is None:
        is_query = copies.together(is_query, near=group_near)
    elif group_near:
        again = copies.of_queries(is_query)
        good &= ~again
        for row in np.flatnonzero(again).tolist():
            left_out.add(LIKE_QUERY, names[row])
    for row in np.flatnonzero(good & is_query & ~has_text).tolist():  # by a copy that asks
        good[row] = False
        left_out.add(LIKE_QUERY, names[row])
    equal, near = (copies.counted(is_query, names, among=good, near=kind) for kind in (False, True))
    sides = {"train": good & ~is_query & has_text, "query": good & is_query}
    for split, chosen in sides.items():
        if not chosen.any():
            raise DataError(f"no good image of {n_named} is left for the {split} split")
    lone_texts = [text for _, text, _ in alone.texts]
    if isinstance(text_encoder, FittedTextEncoder):
        trains = sides["train"][captions.image_of_text]
        text_encoder.fit([*(captions.texts[row] for row in np.flatnonzero(trains)), *lone_texts])
    texts = encode_texts(
        [*captions.texts, *lone_texts],
        text_encoder,
        cache_folder=cache_folder,
        batch_size=batch_size,
        on_progress=_about(on_progress, "captions"),
    )
    features = np.zeros((len(names), encoded.features.shape[1]), dtype=np.float32)
    features[encoded.good] = encoded.features
    text_ids = captions.text_ids()
    kept = {split: _Side(captions, chosen[has_text]) for split, chosen in sides.items()}
    pairs = {split: kept[split].pairs(features, texts, split) for split in sides}
    image_ids = {split: [captions.images[row] for row in side.images] for split, side in kept.items()}
    ids_of_texts = {split: [text_ids[row] for row in side.texts] for split, side in kept.items()}
    undescribed = np.flatnonzero(good & ~has_text)
    if len(undescribed) or lone_texts:
        pairs["train"] = with_alone(pairs["train"], features[undescribed], texts[len(captions.texts) :])
        image_ids["train"] += [names[row] for row in undescribed] + [""] * len(lone_texts)
        ids_of_texts["train"] += [""] * len(undescribed) + [name for name, _, _ in alone.texts]
    return Extraction(
        PairedDataset(name, pairs["train"], pairs["query"]),
        image_ids,
        ids_of_texts,
        {"image": EncoderCard.of(image_encoder, specs[0]), "text": EncoderCard.of(text_encoder, specs[1])},
        encoded.bad,
        captions.n_empty,
        encoded.n_encoded,
        left_out,
        "seed" if said is None else "captions",
        equal,
        near,
        group_near,
        splits,
    )


def check_copies(extraction: Extraction) -> None:
    """Refuse a split that the captions say and that has the same picture, byte for byte, on both sides.

    Raises:
        DataError: queries are copies of training pictures; the message counts them and names the first three.
    """
    copies = extraction.equal_copies
    if copies.across:
        raise DataError(
            f"{copies.across} of {len(extraction.image_ids['query'])} query pictures are copies, byte for byte, of"
            f" training pictures ({', '.join(copies.first_across)}), as the captions split them; --group-near leaves"
            " these out of training, --allow-overlap keeps them"
        )


class _Side:
    """Rows of one side of the split, in the order of the captions file; texts stand image by image."""

    def __init__(self, captions: Captions, chosen: npt.NDArray[np.bool_]) -> None:
        self.images = np.flatnonzero(chosen)
        order = np.argsort(captions.image_of_text, kind="stable")
        self.texts = order[chosen[captions.image_of_text[order]]]
        new_row = np.cumsum(chosen) - 1
        self.image_of_text = new_row[captions.image_of_text[self.texts]]

    def pairs(self, features: Features, texts: Features, split: str) -> Pairs:
        one_each = np.array_equal(self.image_of_text, np.arange(len(self.images)))
        return Pairs(
            features[self.images],
            texts[self.texts],
            split=split,
            image_of_text=None if one_each else self.image_of_text,
        )


def _about(on_progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    return lambda done, total: on_progress(what, done, total)
