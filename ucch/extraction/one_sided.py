"""Items of one side beside the pairs of an extraction: which train, and where they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..data import Pairs
from ..data.caption_alone import Alone
from ..data.captions import Captions
from ..data.split_names import TRAIN_SPLITS
from ..encoders import Features

__all__ = ["alone_of_training", "with_alone"]


def with_alone(pairs: Pairs, images: Features, texts: Features) -> Pairs:
    """Append items of one side to pairs: pictures, then texts.

    Args:
        pairs: complete ones.
        images, texts: (n, dx) and (m, dy).

    Example:
        >>> some = with_alone(Pairs(np.ones((2, 3)), np.ones((2, 1))), np.ones((1, 3)), np.ones((2, 1)))
        >>> some.seen["image"].tolist(), some.seen["text"].tolist()
        ([True, True, True, False, False], [True, True, False, True, True])
    """
    n, counts = len(pairs), (len(images), len(texts))
    rows = pairs.image_of_text
    return Pairs(
        np.concatenate([pairs.image, images, np.zeros((counts[1], images.shape[1]), images.dtype)]),
        np.concatenate([pairs.text, np.zeros((counts[0], texts.shape[1]), texts.dtype), texts]),
        split=pairs.split,
        image_of_text=None if rows is None else np.concatenate([rows, n + np.arange(sum(counts))]),
        image_seen=np.repeat([True, True, False], [n, *counts]),
        text_seen=np.repeat([True, False, True], [n, *counts]),
    )


def alone_of_training(captions: Captions, *, chosen: bool) -> tuple[Captions, Alone]:
    """Items of one side that train, and the captions with the others counted in ``left_out``.

    Args:
        captions: with what has one side.
        chosen: whether the captions say the split; then items of the queries' splits, or of none that is known, do not.
    """
    left_out, kept = captions.left_out.merged(), Alone({}, [])
    for name, split in captions.alone.images.items():
        if chosen and split and split.lower() not in TRAIN_SPLITS:
            left_out.add(f"pictures without a caption of the split {split!r}", name)
        else:
            kept.images[name] = split
    for name, text, split in captions.alone.texts:
        if chosen and split and split.lower() not in TRAIN_SPLITS:
            left_out.add(f"captions without a picture of the split {split!r}", name)
        else:
            kept.texts.append((name, text, split))
    return replace(captions, left_out=left_out), kept
