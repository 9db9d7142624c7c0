"""Folders that do not fit: memory of training on clip-retrieval's output, and the progress of a webdataset.

    python benchmarks/bench_folders.py                 # 40,000 x 512 in ten parts, 20 shards of 8 pictures: a minute
    python benchmarks/bench_folders.py --full          # 2,000,000 x 512 in ten parts, 4.1 GB of disk: half an hour

Memory is the largest resident set of the command's process, mapped pages included, beside that of a process that only
imports torch. Files are made in a folder of their own and removed.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_stream import high_water
from PIL import Image

WIDTH, PARTS, SHARDS, TOPICS = 512, 10, 20, 64


def make_folder(folder: Path, n_rows: int) -> Path:
    """Embeddings of topics and noise, the same topic in both modalities, float16, in ten parts."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((2, TOPICS, WIDTH), dtype=np.float32)
    for kind in ("img_emb", "text_emb"):
        (folder / kind).mkdir(parents=True)
    for part in range(PARTS):
        topics = rng.integers(0, TOPICS, n_rows // PARTS)
        for centre, kind in zip(centres, ("img_emb", "text_emb"), strict=True):
            rows = centre[topics]
            rows += rng.standard_normal(rows.shape, dtype=np.float32)
            np.save(folder / kind / f"{kind}_{part}.npy", rows.astype(np.float16))
    return folder


def make_shards(folder: Path, per_shard: int) -> Path:
    """Twenty shards of small pictures with a caption each."""
    folder.mkdir()
    for shard in range(SHARDS):
        with tarfile.open(folder / f"{shard:05}.tar", "w") as archive:
            for number in range(per_shard):
                pixels = np.random.default_rng(shard * per_shard + number).integers(0, 256, (64, 64, 3), np.uint8)
                picture = io.BytesIO()
                Image.fromarray(pixels).save(picture, "JPEG")
                texts = {"jpg": picture.getvalue(), "txt": f"picture {number} of shard {shard}".encode()}
                for ending, content in texts.items():
                    entry = tarfile.TarInfo(f"{shard:05}{number:04}.{ending}")
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
    return folder


def measure(*command: str) -> tuple[str, float, float]:
    """Run a command; what it said on stderr, seconds, and its largest resident set in MB."""
    start, memory = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            memory = max(memory, high_water(process.pid))
            time.sleep(0.02)
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {text[-2000:]}")
    return text, time.perf_counter() - start, memory / 1e6


def train(folder: Path, n_rows: int, bits: int) -> dict[str, object]:
    """Two epochs with small towers on a folder of so many rows."""
    data = make_folder(folder / "embeddings", n_rows)
    settings = [part for setting in ("width=64", "batch_size=1024") for part in ("--set", setting)]
    said, seconds, memory = measure(
        *(sys.executable, "-m", "ucch", "train", "--data", str(data), "--bits", str(bits), "--epochs", "2"),
        *(*settings, "--device", "cpu", "--out", str(folder / "run")),
    )
    _, _, torch_alone = measure(sys.executable, "-c", "import torch")
    shutil.rmtree(data)
    return {
        "rows": n_rows,
        "bits": bits,
        "seconds": round(seconds),
        "peak_mb": round(memory),
        "torch_alone_mb": round(torch_alone),
        "one_part_mb": round(2 * n_rows // PARTS * WIDTH * 2 / 1e6),
        "beside_torch_and_a_part_mb": round(memory - torch_alone - 2 * n_rows // PARTS * WIDTH * 2 / 1e6),
        "said": next((line for line in said.splitlines() if "rows read" in line), ""),
    }


def extract(folder: Path, per_shard: int, image_encoder: str) -> dict[str, object]:
    """Features of twenty shards; the rows that the progress named."""
    shards = make_shards(folder / "shards", per_shard)
    said, seconds, _ = measure(
        *(sys.executable, "-m", "ucch", "extract", "--images", str(shards), "--image-encoder", image_encoder),
        *("--text-encoder", "bow:20", "--workers", "0", "--cache", "none", "--device", "cpu"),
        *("--encode-batch", "16", "--out", str(folder / "features.npz")),
    )
    steps = list(dict.fromkeys(re.findall(r"images (\d+/\d+)", said)))
    return {"shards": SHARDS, "rows": SHARDS * per_shard, "seconds": round(seconds), "progress": steps}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="2,000,000 rows")
    parser.add_argument("--rows", type=int, help="of each modality  [default: 40,000, or 2,000,000]")
    parser.add_argument("--bits", type=int, default=32)
    parser.add_argument("--part", choices=["train", "extract", "both"], default="both")
    parser.add_argument("--image-encoder", default="tests.encoders.kit:ColourEncoder")
    parser.add_argument("--folder", type=Path, help="where the files are made  [default: the system's]")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ucch-folders-", dir=options.folder))
    try:
        if options.part != "extract":
            n_rows = options.rows or (2_000_000 if options.full else 40_000)
            print(json.dumps(train(folder, n_rows, options.bits)), flush=True)
        if options.part != "train":
            print(json.dumps(extract(folder, 50 if options.full else 8, options.image_encoder)), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
