"""Inputs met in the field, made small, and what is right for each: a value that was counted by hand, or a refusal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ucch.data import check_overlap, load_dataset
from ucch.data.captions import read_captions
from ucch.evaluation import CodeFiles, evaluate_files
from ucch.images import open_images
from ucch.retrieval.code_files import read_codes, read_ids

__all__ = ["INPUTS", "READ", "REFUSED", "TOGETHER", "taken"]

INPUTS = Path(__file__).parent / "inputs"


def taken(read: Callable[[Path], Any], path: Path) -> tuple[Any, list[str]]:
    """What a reader makes of an input, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return read(path), [str(warning.message) for warning in caught]


def pairs(path: Path) -> tuple[int, int]:
    dataset = load_dataset(path)
    check_overlap(dataset)
    return len(dataset.train), len(dataset.query)


def captions(path: Path) -> tuple[int, int, str]:
    held = read_captions(path)
    return len(held.images), len(held.texts), held.left_out.sentence()


def codes(path: Path) -> tuple[tuple[int, ...], int]:
    packed, n_bits, _ = read_codes(path)
    return packed.shape, n_bits


def evaluated(path: Path) -> float:
    """MAP of labels written as a column."""
    folder = path.parent
    column = CodeFiles(folder / "Q.npy", folder / "C.npy", folder / "lq_col01.npy", folder / "ld_col01.npy")
    return float(evaluate_files(column)["map_mean"])


def expected_map(folder: Path) -> float:
    """AP of each query by a loop, ties in expectation over 2,000 orders drawn."""
    query, items = np.load(folder / "Q.npy"), np.load(folder / "C.npy")
    asks, holds = np.load(folder / "lq_v01.npy"), np.load(folder / "ld_v01.npy")
    rng, values = np.random.default_rng(0), []
    for code, label in zip(query, asks, strict=True):
        distance, relevant = (items != code).sum(axis=1), holds == label
        for _ in range(2000):
            hits = relevant[np.lexsort((rng.random(len(items)), distance))]
            values.append((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())
    return float(np.mean(values))


# input -> how it is read, what it holds, what is warned of
READ: dict[str, tuple[Callable[[Path], Any], Any, str]] = {
    "02-parquet-val-rows/val.parquet": (pairs, (12, 4), "4 validation rows are left out beside test rows"),
    "02-parquet-val-rows/test.parquet": (pairs, (12, 4), ""),
    "04-unicode-lines/ids1.txt": (read_ids, ["b\u2028x.jpg", "a", "c", "d", "e", "f"], ""),
    "04-unicode-lines/ids_u2028.txt": (
        read_ids,
        ["a.jpg", "b\u2028x.jpg", "c\x85.jpg", "d\x0c.jpg", "e .jpg", "f.jpg"],
        "",
    ),
    "04-unicode-lines/jsonl_nel.jsonl": (captions, (1, 5, ""), ""),
    "04-unicode-lines/jsonl_u2028.jsonl": (captions, (1, 5, ""), ""),
    "05-bom-ids/ids_bom.txt": (read_ids, ["a", "b", "c", "d", "e", "f"], ""),
    "05-bom-ids/only_bom.txt": (read_ids, ["b"], ""),
    "05-bom-ids/c.npy": (codes, ((6, 2), 16), ""),
    "07-labels-n1/Q.npy": (codes, ((10, 2), 16), ""),
    "07-labels-n1/C.npy": (codes, ((40, 2), 16), ""),
    "08-coco-null-dupid/coco_null.json": (
        captions,
        (6, 29, "captions that are null: 1 (1000268201_693b08cb0e.jpg)"),
        "",
    ),
    "08-coco-null-dupid/coco_subset.json": (
        captions,
        (6, 30, "captions of images that the file does not list: 5 (1006, 1006, 1006, ...)"),
        "",
    ),
    **{
        f"10-layouts/{name}": (captions, (8, 40, ""), "")
        for name in (
            *("blip.json", "blip1.json", "caps.parquet", "filepath_title.csv", "flickr8k.token.txt"),
            *("kaggle_captions.txt", "karpathy.json", "semicolon.csv", "utf16.csv"),
        )
    },
    **{
        f"11-endings/{name}": (lambda path: path.name in open_images(path.parent).names, True, "")
        for name in (
            *("000.jpg", "001.jfif", "002.avif", "003.JPG", "004.jp2", "005.ppm", "006.jpg", "007.jfif"),
            "008.avif",
        )
    },
    "12-advice/u64col.npy": (codes, ((6, 8), 64), ""),
}

# input -> how it is read, what the refusal says: argument or column, rule, value, way out
REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "01-parquet-ragged/ragged.parquet": (
        pairs,
        "column image must hold lists of numbers of one length, but row 1 has 17 values and row 0 has 15; repair",
    ),
    "01-parquet-ragged/ragged2.parquet": (
        pairs,
        "column image must hold lists of numbers of one length, but row 5 has 8 values and row 0 has 16; repair",
    ),
    "03-leak-by-caption/leak_caption_split.parquet": (pairs, "image_id stand in both splits, .*; split by image"),
    "03-leak-by-caption/leak_caption_split.npz": (
        pairs,
        "6 of 6 query images of leak_caption_split stand in its training set .*; split the data anew, or say",
    ),
    "03-leak-by-caption/leak_caption_split_iot.npz": (
        pairs,
        "6 of 6 query images of leak_caption_split_iot stand in its training set .*; split the data anew, or say",
    ),
    "08-coco-null-dupid/coco_dupid.json": (
        captions,
        "the image id 1000 is that of 1000268201_693b08cb0e.jpg and of .*; give each its own",
    ),
    "10-layouts/cp1252.csv": (captions, "is not text in utf-8: .*; give --encoding cp1252, or save it as UTF-8"),
    "12-advice/i8.npy": (codes, r"holds int8 other than \+-1 and 0/1: codes .* with --code-format binary"),
    "12-advice/Czero.npy": (codes, r"holds -1, 0 and 1: codes are \+-1 or 0/1; .* ucch.codes.sign"),
}

# inputs that are right only beside one another
TOGETHER = (
    "03-leak-by-caption/twice.csv",
    "03-leak-by-caption/two_spellings.csv",
    "07-labels-n1/ld_col01.npy",
    "07-labels-n1/ld_v01.npy",
    "07-labels-n1/lq_col01.npy",
    "07-labels-n1/lq_v01.npy",
)
