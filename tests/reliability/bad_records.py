"""Honest and hostile Parquet files, captions and recipes."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet

from tests.reliability.family import CARDS, HUGE, each
from ucch.data.captions import read_captions
from ucch.data.parquet import load_parquet
from ucch.data.texts import read_texts
from ucch.extraction import read_parquet_encoders
from ucch.retrieval.code_files import read_ids

# .parquet


def parquet_bytes(columns: dict[str, Any], **options: Any) -> bytes:
    content = io.BytesIO()
    table = arrow.table(columns).replace_schema_metadata({b"ucch.encoders": CARDS.encode()})
    parquet.write_table(table, content, **options)
    return content.getvalue()


def parquet_columns(n: int = 6) -> dict[str, Any]:
    lists = arrow.array([[float(i), 1.0] for i in range(n)], arrow.list_(arrow.float32(), 2))
    words = {"split": ["train", "query"] * (n // 2), "image_id": list(map(str, range(n))), "text_id": ["t"] * n}
    return words | {"image": lists, "text": lists}


def parquet_honest() -> dict[str, bytes]:
    return {
        "zstd.parquet": parquet_bytes(parquet_columns(), compression="zstd"),
        "plain.parquet": parquet_bytes(parquet_columns(), compression="none", use_dictionary=False),
    }


def parquet_hostile(dice: random.Random) -> tuple[str, bytes]:
    columns = parquet_columns()
    name = dice.choice(list(columns))
    columns[name] = dice.choice(
        [
            [None] * 6,
            [1, 2, 3, 4, 5, 6],
            [[1.0]] * 5 + [[1.0, 2.0]],
            [[]] * 6,
            [["a"]] * 6,
            [[float("nan")]] * 6,
            [[1e300]] * 6,
            [[None]] * 6,
            [{"a": 1}] * 6,
            arrow.array([b"\xff\xfe"] * 6),
            arrow.nulls(6),
            [[[1.0]]] * 6,
        ]
    )
    if dice.random() < 0.02:  # one word over and over, in a few hundred bytes
        return "bomb.parquet", parquet_bytes({"split": ["train"] * 4_000_000})
    if dice.random() < 0.2:
        del columns[name]
    if dice.random() < 0.1:
        columns = {key: value[:0] for key, value in parquet_columns().items()}
    return "bad.parquet", parquet_bytes(columns)


def read_parquet_file(path: Path) -> None:
    each(lambda: load_parquet(path), lambda: read_parquet_encoders(path))


# captions

CAPTIONS = {
    "c.csv": b'image,caption\na.jpg,a dog\n"b.jpg","a, cat"\n',
    "c.tsv": b"image\tcaption\na.jpg\ta dog\nb.jpg\ta cat\n",
    "c.jsonl": b'{"image": "a.jpg", "caption": "a dog"}\n{"image": "b.jpg", "captions": ["a", "b"]}\n',
    "c.json": b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": "a dog"}]}',
    "c.txt": "a dog\n\nun été\n".encode(),
    "karpathy.json": b'{"images": [{"filename": "a.jpg", "split": "val", "sentences": [{"raw": "a dog"}]}]}',
    "blip.json": b'[{"image": "a.jpg", "caption": ["a dog", "b"]}, {"image": "b.jpg", "caption": "a cat"}]',
    "names.json": b'{"a.jpg": ["a dog", "b"], "b.jpg": "a cat"}',
    "columns.json": b'{"image": {"0": "a.jpg", "1": "b.jpg"}, "caption": {"0": "a dog", "1": "a cat"}}',
    "flickr.token": b"a.jpg#0\ta dog\na.jpg#1\tb\nb.jpg#0\ta cat\n",
    "results.csv": b"image_name| comment_number| comment\na.jpg| 0| a dog\nb.jpg| 0   a cat\n",
    "lists.csv": b'image;captions\na.jpg;"[\'a dog\', \'b\']"\nb.jpg;"[""a"", ""b""]"\n',
    "quoted.tsv": b'image\tcaption\na.jpg\t"a ""red"" dog"\nb.jpg\ta cat\n',
    "utf16.csv": "image,caption\na.jpg,a dog\n".encode("utf-16"),
    "c.csv.gz": gzip.compress(b"image,caption\na.jpg,a dog\n", mtime=0),
}


def captions_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(list(CAPTIONS))
    image = dice.choice(["../../etc/passwd", "/etc/passwd", "a/../../b", "\0", "", "a.jpg", "\ufeff", "x" * 10_000])
    value: Any = dice.choice([image, 1, None, [], {}, True, [1], 1e308, [[]], "\ud800"])
    whole = {
        "c.csv": f"image,caption\n{image},a\n{image},b\n",
        "c.tsv": f"image\tcaption\n{image}\ta\n",
        "c.jsonl": json.dumps({"image": value, "caption": dice.choice([value, "a"])}),
        "c.json": json.dumps(
            {"images": [{"id": value, "file_name": image}], "annotations": [{"image_id": value, "caption": "a"}]}
        ),
        "c.txt": f"{image}\n",
        "karpathy.json": json.dumps(
            {"images": [{"filename": value, "split": value, "sentences": [value, {"raw": value}]}]}
        ),
        "blip.json": json.dumps([{"image": image, "caption": [value, value]}, value]),
        "names.json": json.dumps({image: value, "b.jpg": "a"}),
        "columns.json": json.dumps({"image": [value], "caption": dice.choice([[value], {"0": value}])}),
        "flickr.token": f"{image}#0\ta\n{image}#0\t['a'\n{image}\n",
        "results.csv": f"image_name| comment_number| comment\n{image}| 0   a\n{image}|\n",
        "lists.csv": f"image;captions\n{image};['a' 'b']\n{image};[\"\\N{{x}}\"]\n",
        "quoted.tsv": f'image\tcaption\n{image}\t"a""\n"{image}\t"b"\n',
        "utf16.csv": f"\ufeffimage,caption\n{image},a\0\n",
        "c.csv.gz": f"image,caption\n{image},a\n",
    }[name].encode("utf-8", "replace")
    tail = dice.choice([b"", b"\xff\xfe", b"[" * 50_000, b'"' * 9, b"\r\n\r", b"x" * 200_000, b"\x00,\x00"])
    return name, (tail + whole) if dice.random() < 0.3 else (whole + tail)


def read_captions_file(path: Path) -> None:
    each(lambda: read_captions(path), lambda: read_texts(path), lambda: read_ids(path))


# recipes


def recipe_hostile(dice: random.Random) -> tuple[str, bytes]:
    key = dice.choice(["bits", "seed", "name", "data", "model.width", "training.epochs", "loss.beta", "a.b", '""'])
    value = dice.choice([*HUGE, "inf", '"x"', "[" * 50_000, "{}", "[[1]]", "true", "1979-05-27", "'''", '"\\u0000"'])
    return "r.toml", f"{key} = {value}\n{dice.choice(['', key + ' = 1', '[model]', '[model'])}".encode()
