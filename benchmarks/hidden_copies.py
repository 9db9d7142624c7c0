"""How many hidden copies ``ucch duplicates`` finds among photographs, and what else it takes for one.

    python benchmarks/hidden_copies.py ../shared/data/flickr8k-500/images

Of the pictures in a folder some are drawn; a third of those is hidden under another name byte by byte, a third
re-encoded at JPEG quality 70, a third at half the size, as in ``leak_copies.py``. A row per draw: the radius that the
precision asked for gives, what precision was estimated, and precision and recall of the pairs within the groups.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

import numpy as np
from leak_copies import hide_copies

from ucch.images import hash_pictures, open_images
from ucch.retrieval import near_duplicates


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, default=14, help="of each kind")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--precision", type=float, default=0.99)
    options = parser.parse_args()
    pictures = [Path(str(item)) for item in open_images(options.folder).items]
    print("| draw | radius | estimated precision | precision | recall |\n|---|---|---|---|---|")
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as hidden:
            copies = hide_copies(pictures, Path(hidden), seed, options.copies)
            hashes, known = hash_pictures([*pictures, *(path for path, _, _ in copies)])
        original = np.array([*range(len(pictures)), *(row for _, row, _ in copies)])[known]
        found = near_duplicates(
            hashes[known].astype(">u8").view(np.uint8).reshape(-1, 8), 64, precision=options.precision
        )
        pairs = [pair for rows in found.groups for pair in itertools.combinations(original[rows].tolist(), 2)]
        right = sum(one == other for one, other in pairs)
        figures = f"{found.precision:.3f} | {right / max(1, len(pairs)):.3f} | {right / len(copies):.3f}"
        print(f"| {seed} | {found.radius} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
