"""How many hidden copies of photographs are found, and how many photographs are taken for copies.

    python benchmarks/leak_copies.py ../shared/data/flickr8k-500/images

Of the photographs, 120 are chosen by a seed. 40 of them are hidden again as the same bytes under another name, 40
re-encoded at JPEG quality 70 and 40 resized to half (quality 90); the copies' names say nothing. Then all are looked
at as ``ucch extract`` does. Exact copies count as found where they are put with their original, near ones where they
are in one group with it; a false alarm is a photograph that is put with another. The last lines draw hashes, up to a
million, with the correlations of those of the photographs, and time the search for pairs.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ucch.extraction import find_copies
from ucch.images import hash_pictures, near_pairs

KINDS = ("same bytes", "quality 70", "half the size")
HIDDEN, SEEDS, MANY = 40, 5, 1_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seeds", type=int, default=SEEDS)
    arguments.add_argument("--many", type=int, default=MANY, help="hashes drawn; 0 leaves that out")
    chosen = arguments.parse_args()
    photographs = sorted(chosen.folder.iterdir())
    print(f"| seed | {' | '.join(f'{kind}, of {HIDDEN}' for kind in KINDS)} | false alarms, of {len(photographs)} |")
    print("|---|---|---|---|---|")
    for seed in range(chosen.seeds):
        with tempfile.TemporaryDirectory() as folder:
            found, false = measure(photographs, Path(folder), seed)
        print(f"| {seed} | {' | '.join(map(str, found))} | {false} |", flush=True)
    if chosen.many:
        _time(photographs, chosen.many)


def hide_copies(photographs: list[Path], folder: Path, seed: int, each: int = HIDDEN) -> list[tuple[Path, int, int]]:
    """Write copies into a folder; returns the path, the place of the original, and the kind of each."""
    rng = np.random.default_rng(seed)
    hidden = []
    for number, row in enumerate(rng.permutation(len(photographs))[: each * len(KINDS)].tolist()):
        kind, content = number // each, photographs[row].read_bytes()
        if kind:
            picture = Image.open(io.BytesIO(content)).convert("RGB")
            if kind == 2:
                picture = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=70 if kind == 1 else 90)
            content = file.getvalue()
        path = folder / f"{rng.integers(1 << 60):015x}.jpg"
        path.write_bytes(content)
        hidden.append((path, row, kind))
    return hidden


def measure(photographs: list[Path], folder: Path, seed: int, each: int = HIDDEN) -> tuple[list[int], int]:
    """Copies found of each kind, and false alarms."""
    hidden = hide_copies(photographs, folder, seed, each)
    paths = [*photographs, *(path for path, _, _ in hidden)]
    copies = find_copies(paths, [hashlib.sha256(path.read_bytes()).digest() for path in paths])
    found = [0] * len(KINDS)
    for place, (_, original, kind) in enumerate(hidden, start=len(photographs)):
        groups = copies.near if kind else copies.equal
        found[kind] += int(groups[place] == original)
    alone = np.arange(len(photographs))
    return found, int((copies.near[: len(photographs)] != alone).sum())


def _time(photographs: list[Path], many: int) -> None:
    hashes, known = hash_pictures(photographs)
    bits = np.unpackbits(hashes[known].byteswap().view(np.uint8).reshape(-1, 8), axis=1) * 2.0 - 1
    root = np.linalg.cholesky(np.cov(bits.T) + 1e-3 * np.eye(64)).T
    rng = np.random.default_rng(0)
    for n in (many // 4, many):
        drawn = (rng.normal(size=(n, 64)) @ root + bits.mean(0) > 0).astype(np.uint8)
        codes = np.packbits(drawn, axis=1).view(np.uint64)[:, 0]
        start = time.perf_counter()
        pairs = near_pairs(codes)
        print(f"{n:,} drawn hashes: {len(pairs)} pairs within 4 bits, {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
