"""Shards, tables of pictures and folders of clip-retrieval, honest and bad."""

from __future__ import annotations

import io
import random
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from tests.reliability.family import each, odd_array
from ucch.data import load_dataset
from ucch.data.captions import read_captions
from ucch.images import open_images
from ucch.images.pool import ImagePool

__all__ = [
    "clip_honest",
    "clip_hostile",
    "read_clip_part",
    "read_pictures",
    "shard_honest",
    "shard_hostile",
    "table_honest",
    "table_hostile",
]

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
STRUCT = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])


def _shard(members: list[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def shard_honest() -> dict[str, bytes]:
    members = [
        ("000.png", PICTURE),
        ("000.txt", b"a dog"),
        ("a/001.json", b'{"caption": "a cat"}'),
        ("a/001.png", PICTURE),
    ]
    long = [("x" * 200 + ".png", PICTURE), ("x" * 200 + ".txt", b"long")]
    return {"c.tar": _shard(members), "d.tar": _shard(long), "e.tar": _shard(long, tarfile.GNU_FORMAT)}


def shard_hostile(dice: random.Random) -> tuple[str, bytes]:
    key = dice.choice(["../../etc/passwd", "/etc/passwd", "a", "", ".", "a.b.c", "\u20ac", "x" * 3000])
    ending = dice.choice([".png", ".txt", ".json", ".PNG", "", ".", ".png.txt"])
    content = dice.choice(
        [PICTURE, b"", b"\xff\xfe\x00", b"[" * 50_000, b'{"caption": 3}', b'{"caption": null}', b"a\nb"]
    )
    members = [(key + ending, content), (key + dice.choice([".png", ".txt", ending]), dice.choice([content, PICTURE]))]
    whole = bytearray(_shard(members, dice.choice([tarfile.USTAR_FORMAT if len(key) < 90 else 1, 1, 2])))
    if dice.random() < 0.5:  # the size or the kind of the first member, with a checksum that fits
        start = 124 if dice.random() < 0.7 else 156
        field = dice.choice(
            [b"77777777777\0", b"-0000000001\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"00000000001\0"]
        )
        whole[start : start + 12] = field if start == 124 else bytes([dice.choice(b"1235SLKxgV\x00")]) + whole[157:168]
        whole[148:156] = b" " * 8
        whole[148:156] = b"%06o\0 " % sum(whole[:512])
    return "bad.tar", bytes(whole)


def _parquet(columns: dict[str, Any], rows: int = 2) -> bytes:
    out = io.BytesIO()
    parquet.write_table(arrow.table(columns), out, row_group_size=rows)
    return out.getvalue()


def _stream(columns: dict[str, Any]) -> bytes:
    out, table = io.BytesIO(), arrow.table(columns)
    with arrow.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return out.getvalue()


def table_columns() -> dict[str, Any]:
    pictures = arrow.array([{"bytes": PICTURE, "path": f"{row}.png"} for row in range(5)], STRUCT)
    return {"image": pictures, "caption": [["one", "two"]] * 5, "split": ["train"] * 4 + ["test"]}


def table_honest() -> dict[str, bytes]:
    named = {"image": ["a.png", "b.png"], "caption": ["a dog", "a cat"]}
    keyed = {"key": ["0", "1"], "jpg": [PICTURE] * 2, "caption": ["a dog", "a cat"]}
    return {
        "c.parquet": _parquet(table_columns()),
        "d.parquet": _parquet(keyed),
        "e.parquet": _parquet(named),
        "c.arrow": _stream(table_columns()),
    }


def table_hostile(dice: random.Random) -> tuple[str, bytes]:
    columns = table_columns()
    name = dice.choice(list(columns))
    columns[name] = dice.choice(
        [
            arrow.nulls(5),
            [None] * 5,
            [1, 2, 3, 4, 5],
            [1.5] * 5,
            ["a"] * 5,
            [b"\xff"] * 5,
            [[None, "a"]] * 5,
            [[["a"]]] * 5,
            [{"bytes": None, "path": "/etc/passwd"}] * 5,
            [{"bytes": PICTURE, "path": None}] * 5,
            [{"bytes": PICTURE}] * 5,
            [{"bytes": 3, "path": 4}] * 5,
            arrow.array(["a"] * 5).dictionary_encode(),
            [""] * 5,
        ]
    )
    if dice.random() < 0.2:
        del columns[name]
    if dice.random() < 0.1 and columns:
        columns = {key: value[:0] for key, value in table_columns().items()}
    if dice.random() < 0.02:
        return "bomb.parquet", _parquet({"image": ["a.jpg"] * 2_000_000, "caption": ["a"] * 2_000_000}, 2_000_000)
    return ("bad.parquet", _parquet(columns)) if dice.random() < 0.6 else ("bad.arrow", _stream(columns))


def read_pictures(path: Path) -> None:
    def all_pictures() -> None:
        source = open_images(path)
        with ImagePool(lambda picture: picture.size) as pool:
            assert len(list(pool.decode(source.items))) == len(source.names)

    def pairs() -> None:
        captions = read_captions(path)
        captions.found_in(open_images(path))

    each(pairs, all_pictures)


def clip_honest() -> dict[str, bytes]:
    out = io.BytesIO()
    np.save(out, np.arange(30, dtype=np.float16).reshape(10, 3))
    return {
        "img_emb_0.npy": out.getvalue(),
        "metadata_0.parquet": _parquet({"image_path": [f"{row // 2}.jpg" for row in range(10)], "caption": ["a"] * 10}),
    }


def clip_hostile(dice: random.Random) -> tuple[str, bytes]:
    if dice.random() < 0.5:
        out = io.BytesIO()
        np.save(out, odd_array(dice), allow_pickle=True)
        return "img_emb_0.npy", out.getvalue()
    value: Any = dice.choice(
        [[None] * 10, [1] * 10, [[1]] * 10, [{"a": 1}] * 10, ["a"] * 10, ["a"] * 9, arrow.nulls(10)]
    )
    return "metadata_0.parquet", _parquet({dice.choice(["image_path", "url", "x"]): value})


def read_clip_part(path: Path) -> None:
    """The file as a part of a folder whose other parts are honest."""
    honest = clip_honest()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for kind, ending in (("img_emb", "npy"), ("text_emb", "npy"), ("metadata", "parquet")):
            (folder / kind).mkdir()
            part = folder / kind / f"{kind}_0.{ending}"
            if path.suffix == f".{ending}" and kind != "text_emb":
                part.symlink_to(path)
            else:
                part.write_bytes(honest["img_emb_0.npy" if ending == "npy" else "metadata_0.parquet"])
        load_dataset(folder)
