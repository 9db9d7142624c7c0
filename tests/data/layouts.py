"""The files and folders that people have, made from twenty pictures with five captions each."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from PIL import Image

__all__ = ["LAYOUTS", "Layout", "write_pictures"]

N_PICTURES, N_EACH = 20, 5
NAMES = [f"{1000268201 + 7 * number}_{number:03x}Ä.jpg" for number in range(N_PICTURES)]
ENDINGS = ["on the grass .", 'says "hello, world"', "at a café; it's late", "[left] of two", "\u2019s toy"]
TEXTS = [[f"Dog number {number} {ending}" for ending in ENDINGS] for number in range(N_PICTURES)]
ROWS = [(name, text) for name, texts in zip(NAMES, TEXTS, strict=True) for text in texts]


@dataclass(frozen=True)
class Layout:
    """One layout: what somebody has, what they type, and how it is made.

    Attributes:
        have, do: the line of docs/data.md.
        make: writes it into a folder whose ``images`` holds the pictures; returns images, captions and encoding.
    """

    have: str
    do: str
    make: Callable[[Path], tuple[Path, Path, str | None]]


def write_pictures(folder: Path) -> None:
    """Twenty small pictures, all different."""
    folder.mkdir()
    for number, name in enumerate(NAMES):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)


def _file(
    name: str, content: Callable[[], str], *, encoding: str = "utf-8", given: str | None = None
) -> Callable[[Path], tuple[Path, Path, str | None]]:
    def make(folder: Path) -> tuple[Path, Path, str | None]:
        raw = content().encode(encoding)
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return folder / "images", folder / name, given

    return make


def _csv(
    heading: Iterable[str] = ("image", "caption"),
    rows: Iterable[Iterable[object]] | None = None,
    **form: Any,
) -> Callable[[], str]:
    def write() -> str:
        text = io.StringIO()
        writer = csv.writer(text, **{"lineterminator": "\n", **form})
        if heading:
            writer.writerow(heading)
        writer.writerows(ROWS if rows is None else rows)
        return text.getvalue()

    return write


def _renamed(change: Callable[[str], str]) -> Callable[[], str]:
    return _csv(rows=[(change(name), text) for name, text in ROWS])


def _json(content: object) -> Callable[[], str]:
    return lambda: json.dumps(content)


def _lines(entries: Iterable[object]) -> Callable[[], str]:
    return lambda: "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def _token() -> str:
    return "".join(
        f"{name}#{k}\t{text}\n" for name, texts in zip(NAMES, TEXTS, strict=True) for k, text in enumerate(texts)
    )


def _results() -> str:
    rows = [f"{name}| {k}| {text}\n" for name, texts in zip(NAMES, TEXTS, strict=True) for k, text in enumerate(texts)]
    rows[7] = rows[7].replace("| 2| ", "| 2   ")  # as line 19,999 of the published file
    return "image_name| comment_number| comment\n" + "".join(rows)


def _karpathy(**more: str) -> dict[str, Any]:
    images = [
        {
            **more,
            "filename": name,
            "imgid": number,
            "split": ("train", "restval", "test", "val")[number % 4],
            "sentences": [{"tokens": text.lower().split(), "raw": text, "imgid": number} for text in texts],
        }
        for number, (name, texts) in enumerate(zip(NAMES, TEXTS, strict=True))
    ]
    return {"images": images, "dataset": "flickr8k"}


def _coco(
    image_id: Callable[[int], object], annotation_id: Callable[[int], object], unlisted: int = 0
) -> dict[str, Any]:
    numbers = {name: 1000 + number for number, name in enumerate(NAMES)}
    return {
        "info": {},
        "images": [{"id": image_id(number), "file_name": name, "width": 8} for name, number in numbers.items()],
        "annotations": [
            {"id": k, "image_id": annotation_id(numbers[name]), "caption": text} for k, (name, text) in enumerate(ROWS)
        ]
        + [{"id": -k, "image_id": 5000 + k, "caption": "not listed"} for k in range(unlisted)],
    }


def _records(image: str, caption: str) -> list[dict[str, object]]:
    return [{image: name, caption: text} for name, text in ROWS]


def _lists(image: str = "image", caption: str = "caption") -> list[dict[str, object]]:
    return [{image: name, caption: texts} for name, texts in zip(NAMES, TEXTS, strict=True)]


def _parquet(columns: dict[str, Any]) -> Callable[[Path], tuple[Path, Path, None]]:
    def make(folder: Path) -> tuple[Path, Path, None]:
        parquet.write_table(arrow.table(columns), folder / "c.parquet")
        return folder / "images", folder / "c.parquet", None

    return make


def _beside(ending: str, *, whole_name: bool = False, apart: bool = False) -> Callable[[Path], tuple[Path, Path, None]]:
    def make(folder: Path) -> tuple[Path, Path, None]:
        place = folder / ("texts" if apart else "images")
        place.mkdir(exist_ok=True)
        for name, texts in zip(NAMES, TEXTS, strict=True):
            file = name + ending if whole_name else name.removesuffix(".jpg") + ending
            (place / file).write_text("\n".join(texts) + "\n", encoding="utf-8")
        return folder / "images", place, None

    return make


def _pictures(folder: Path) -> list[bytes]:
    return [(folder / "images" / name).read_bytes() for name in NAMES]


def _img2dataset_files(folder: Path) -> tuple[Path, Path, None]:
    for number, (picture, texts) in enumerate(zip(_pictures(folder), TEXTS, strict=True)):
        shard, key = divmod(number, 10)
        place = folder / "out" / f"{shard:05}"
        place.mkdir(parents=True, exist_ok=True)
        stem = f"{shard:05}{key:04}"
        (place / f"{stem}.jpg").write_bytes(picture)
        (place / f"{stem}.json").write_text(json.dumps({"caption": texts, "key": stem, "status": "success"}))
    parquet.write_table(arrow.table({"key": ["000000000"], "caption": ["x"]}), folder / "out" / "00000.parquet")
    (folder / "out" / "00000_stats.json").write_text("{}")
    return folder / "out", folder / "out", None


def _shards(texts_in: str, *, one_file: bool = False) -> Callable[[Path], tuple[Path, Path, None]]:
    def make(folder: Path) -> tuple[Path, Path, None]:
        (folder / "out").mkdir()
        per_shard = N_PICTURES if one_file else 8
        for number, (picture, texts) in enumerate(zip(_pictures(folder), TEXTS, strict=True)):
            shard, key = divmod(number, per_shard)
            members = {
                "txt": {"jpg": picture, "txt": "\n".join(texts).encode()},
                "json": {"json": json.dumps({"captions": texts}).encode(), "JPG": picture, "cls": b"3"},
            }[texts_in]
            with tarfile.open(folder / "out" / f"{shard:05}.tar", "a") as archive:
                for ending, content in members.items():
                    entry = tarfile.TarInfo(f"{key:09}.{ending}")  # keys start anew in each shard
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
        place = folder / "out" / "00000.tar" if one_file else folder / "out"
        return place, place, None

    return make


def _arrow_file(path: Path, table: arrow.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with arrow.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    (path.parent / "state.json").write_text('{"_data_files": []}')
    (path.parent / "dataset_info.json").write_text("{}")


def _saved(rows: slice, folder: Path, *, per_caption: bool = False) -> arrow.Table:
    pictures = [{"bytes": picture, "path": name} for picture, name in zip(_pictures(folder), NAMES, strict=True)]
    form = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    if per_caption:
        repeated = [picture for picture in pictures for _ in range(N_EACH)]
        return arrow.table({"image": arrow.array(repeated, form), "text": [text for _, text in ROWS]})
    return arrow.table({"image": arrow.array(pictures[rows], form), "sentences": TEXTS[rows]})


def _saved_dataset(folder: Path) -> tuple[Path, Path, None]:
    _arrow_file(folder / "saved" / "data-00000-of-00001.arrow", _saved(slice(None), folder))
    return folder / "saved", folder / "saved", None


def _saved_splits(folder: Path) -> tuple[Path, Path, None]:
    _arrow_file(folder / "saved" / "train" / "data-00000-of-00001.arrow", _saved(slice(0, 15), folder))
    _arrow_file(folder / "saved" / "test" / "data-00000-of-00001.arrow", _saved(slice(15, 20), folder))
    (folder / "saved" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    return folder / "saved", folder / "saved", None


def _hub_parquet(folder: Path) -> tuple[Path, Path, None]:
    (folder / "hub" / "data").mkdir(parents=True)
    for split, rows in (("train", slice(0, 15)), ("test", slice(15, 20))):
        parquet.write_table(
            _saved(rows, folder), folder / "hub" / "data" / f"{split}-00000-of-00001.parquet", row_group_size=4
        )
    return folder / "hub", folder / "hub", None


def _hub_file(folder: Path) -> tuple[Path, Path, None]:
    parquet.write_table(_saved(slice(None), folder, per_caption=True), folder / "one.parquet", row_group_size=9)
    return folder / "one.parquet", folder / "one.parquet", None


def _img2dataset_parquet(folder: Path) -> tuple[Path, Path, None]:
    (folder / "out").mkdir()
    table = {"key": [f"{row:09}" for row in range(N_PICTURES)], "jpg": _pictures(folder), "caption": TEXTS}
    parquet.write_table(arrow.table(table), folder / "out" / "00000.parquet", row_group_size=6)
    return folder / "out", folder / "out", None


def _with(captions: str) -> str:
    return f"`--images images --captions {captions}`"


IMAGES_ALONE = "`--images {}`"

LAYOUTS = {
    "kaggle": Layout(
        "Kaggle's `captions.txt`, or any CSV with `image,caption`", _with("captions.txt"), _file("captions.txt", _csv())
    ),
    "crlf-bom": Layout(
        "a CSV of Excel: CRLF, byte-order mark",
        _with("c.csv"),
        _file("c.csv", _csv(lineterminator="\r\n"), encoding="utf-8-sig"),
    ),
    "columns": Layout(
        "a CSV with more columns, in any order and case",
        _with("c.csv"),
        _file(
            "c.csv",
            _csv(("", "Caption", "size", "File Name"), [(k, text, 8, name) for k, (name, text) in enumerate(ROWS)]),
        ),
    ),
    "all-quoted": Layout(
        "a CSV with every cell quoted, blank lines at its end",
        _with("c.csv"),
        _file("c.csv", lambda: _csv(quoting=csv.QUOTE_ALL)() + "\n\n"),
    ),
    "open-clip-csv": Layout(
        "open_clip's CSV `filepath,title`",
        _with("train.csv"),
        _file("train.csv", _csv(("filepath", "title"), [(f"images/{name}", text) for name, text in ROWS])),
    ),
    "open-clip-tsv": Layout(
        "open_clip's TSV, quoted as pandas writes it",
        _with("train.tsv"),
        _file("train.tsv", _csv(("filepath", "title"), delimiter="\t")),
    ),
    "plain-tsv": Layout(
        "a TSV without quoting",
        _with("c.tsv"),
        _file("c.tsv", lambda: "".join(f"{name}\t{text}\n" for name, text in [("image", "caption"), *ROWS])),
    ),
    "semicolon": Layout("a CSV cut by `;`", _with("c.csv"), _file("c.csv", _csv(delimiter=";"))),
    "results": Layout("Flickr30k's `results.csv`, cut by `|`", _with("results.csv"), _file("results.csv", _results)),
    "token": Layout(
        "Flickr's `.token`: `name#k`, tab, caption", _with("results.token"), _file("results.token", _token)
    ),
    "token-txt": Layout(
        "`Flickr8k.token.txt`, with CRLF",
        _with("Flickr8k.token.txt"),
        _file("Flickr8k.token.txt", lambda: _token().replace("\n", "\r\n")),
    ),
    "no-heading": Layout("a CSV without a heading: name, caption", _with("c.csv"), _file("c.csv", _csv(()))),
    "utf-16": Layout("a CSV in UTF-16 with its mark", _with("c.csv"), _file("c.csv", _csv(), encoding="utf-16")),
    "cp1252": Layout(
        "a CSV in cp1252",
        "`--images images --captions c.csv --encoding cp1252`",
        _file("c.csv", _csv(), encoding="cp1252", given="cp1252"),
    ),
    "gzip": Layout("any of these, compressed by gzip", _with("c.csv.gz"), _file("c.csv.gz", _csv())),
    "json-cells": Layout(
        "a CSV with a JSON list in its cells",
        _with("c.csv"),
        _file(
            "c.csv",
            _csv(
                ("filename", "captions"), [(name, json.dumps(texts)) for name, texts in zip(NAMES, TEXTS, strict=True)]
            ),
        ),
    ),
    "python-cells": Layout(
        "a CSV with a Python list in its cells",
        _with("c.csv"),
        _file(
            "c.csv", _csv(("filename", "raw"), [(name, str(texts)) for name, texts in zip(NAMES, TEXTS, strict=True)])
        ),
    ),
    "absolute": Layout(
        "absolute paths of another machine",
        _with("c.csv"),
        _file("c.csv", _renamed(lambda name: f"/home/me/data/{name}")),
    ),
    "windows": Layout(
        "paths of Windows", _with("c.csv"), _file("c.csv", _renamed(lambda name: f"C:\\data\\images\\{name}"))
    ),
    "case": Layout("names in another case", _with("c.csv"), _file("c.csv", _renamed(str.upper))),
    "unicode": Layout(
        "names in another form of Unicode",
        _with("c.csv"),
        _file("c.csv", _renamed(lambda name: unicodedata.normalize("NFD", name))),
    ),
    "urls": Layout(
        "addresses of the web in place of names",
        _with("c.csv"),
        _file(
            "c.csv", _csv(("url", "caption"), [(f"https://example.org/a/{name}?size=8", text) for name, text in ROWS])
        ),
    ),
    "stems": Layout(
        "names without their ending, or with another",
        _with("c.csv"),
        _file("c.csv", _renamed(lambda name: name.removesuffix(".jpg"))),
    ),
    "karpathy": Layout(
        "Karpathy's `dataset_flickr8k.json`; its `split` is honoured",
        _with("dataset_flickr8k.json"),
        _file("dataset_flickr8k.json", _json(_karpathy())),
    ),
    "karpathy-coco": Layout(
        "Karpathy's `dataset_coco.json`, with `filepath`",
        _with("dataset_coco.json"),
        _file("dataset_coco.json", _json(_karpathy(filepath="val2014"))),
    ),
    "blip": Layout(
        "BLIP's JSON, a record per caption", _with("blip.json"), _file("blip.json", _json(_records("image", "caption")))
    ),
    "blip-lists": Layout("BLIP's JSON with lists of captions", _with("blip.json"), _file("blip.json", _json(_lists()))),
    "coco": Layout(
        "COCO's `captions_*.json`",
        _with("captions_val2017.json"),
        _file("captions_val2017.json", _json(_coco(int, int))),
    ),
    "coco-ids": Layout(
        "COCO's JSON with ids as text or floats", _with("c.json"), _file("c.json", _json(_coco(str, float)))
    ),
    "coco-part": Layout(
        "COCO's JSON with captions of images that it does not list",
        _with("c.json"),
        _file("c.json", _json(_coco(float, str, unlisted=9))),
    ),
    "jsonl": Layout("JSON lines", _with("c.jsonl"), _file("c.jsonl", _lines(_records("file_name", "text")))),
    "jsonl-lists": Layout(
        "JSON lines with a list `captions`",
        _with("c.jsonl"),
        _file("c.jsonl", _lines(_lists("image_path", "captions"))),
    ),
    "json-of-lines": Layout(
        "JSON lines that are called `.json`", _with("c.json"), _file("c.json", _lines(_records("image", "caption")))
    ),
    "names": Layout(
        "a JSON object of names with their captions",
        _with("c.json"),
        _file("c.json", _json(dict(zip(NAMES, TEXTS, strict=True)))),
    ),
    "pandas": Layout(
        "a data frame as JSON, by column",
        _with("c.json"),
        _file(
            "c.json",
            _json(
                {
                    "image": {str(k): name for k, (name, _) in enumerate(ROWS)},
                    "caption": {str(k): text for k, (_, text) in enumerate(ROWS)},
                }
            ),
        ),
    ),
    "data": Layout(
        "a JSON object with a list `data` or `annotations`",
        _with("c.json"),
        _file("c.json", _json({"version": 1, "data": _records("img_path", "sentence")})),
    ),
    "parquet": Layout(
        "Parquet, a row per caption",
        _with("c.parquet"),
        _parquet({"image": [name for name, _ in ROWS], "caption": [text for _, text in ROWS]}),
    ),
    "parquet-lists": Layout(
        "Parquet with lists of captions", _with("c.parquet"), _parquet({"filename": NAMES, "captions": TEXTS})
    ),
    "txt": Layout("`x.txt` beside `x.jpg`, a caption a line", IMAGES_ALONE.format("images"), _beside(".txt")),
    "jpg-txt": Layout("`x.jpg.txt` beside `x.jpg`", IMAGES_ALONE.format("images"), _beside(".txt", whole_name=True)),
    "caption": Layout("`x.caption` beside `x.jpg`", IMAGES_ALONE.format("images"), _beside(".caption")),
    "apart": Layout("the texts in a folder of their own", _with("texts"), _beside(".txt", apart=True)),
    "img2dataset": Layout("img2dataset's folders", IMAGES_ALONE.format("out"), _img2dataset_files),
    "img2dataset-parquet": Layout("img2dataset's Parquet", IMAGES_ALONE.format("out"), _img2dataset_parquet),
    "webdataset": Layout("webdataset's `.tar` shards, captions in `.txt`", IMAGES_ALONE.format("out"), _shards("txt")),
    "webdataset-json": Layout("shards with captions in `.json`", IMAGES_ALONE.format("out"), _shards("json")),
    "tar": Layout("a single shard", IMAGES_ALONE.format("out/00000.tar"), _shards("txt", one_file=True)),
    "saved": Layout("a folder of `Dataset.save_to_disk`", IMAGES_ALONE.format("saved"), _saved_dataset),
    "saved-splits": Layout(
        "a folder of `DatasetDict.save_to_disk`; its splits are honoured", IMAGES_ALONE.format("saved"), _saved_splits
    ),
    "hub": Layout(
        "a folder with `data/train-*.parquet` from the Hugging Face hub", IMAGES_ALONE.format("hub"), _hub_parquet
    ),
    "hub-file": Layout(
        "one Parquet file with pictures, a row per caption", IMAGES_ALONE.format("one.parquet"), _hub_file
    ),
}
