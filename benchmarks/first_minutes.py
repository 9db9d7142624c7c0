"""The wall time of every command from a folder of photographs to a page that answers, before training and after.

    python benchmarks/first_minutes.py ../shared/data/flickr8k-500

takes a folder with ``images`` and ``captions.csv`` and starts each command as its user does, in an empty folder with an
empty cache. It needs ``pip install '.[photos,serve]'``. A row per command: the seconds it took, and the processor time,
which other work on the machine changes less; ``ucch serve`` is timed until the page is there, a picture found itself,
and words had their answer. ``--set`` goes to ``ucch train``. Lines below say what share of the captions found their
picture among the first ten: before training those of all pictures, after it those of pictures held back.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ucch.extraction import encode_texts, run_encoder
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder

ENCODERS = ("--image-encoder", "efficientnet-lite0", "--text-encoder", "minilm")
WORDS = "a dog running on the beach"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    parser.add_argument("--untrained", action="store_true", help="leave training out")
    options = parser.parse_args()
    photographs, captions = (options.folder.resolve() / name for name in ("images", "captions.csv"))
    with tempfile.TemporaryDirectory() as folder:
        route = Route(Path(folder), photographs)
        index = ("index", photographs, *ENCODERS[:2], "--out", "photos.index")
        print("| | command | s | processor s |\n|---|---|---|---|")
        route.run("without captions", *index)
        route.serve("without captions", "photos.index")
        route.serve("the same in one", "--images", photographs)
        route.serve("the same, again", "--images", photographs)
        found, chance = words_found(Path(folder) / "photos.index", captions)
        before = f"before training, captions that find their picture in the first ten: {found:.3f}, chance {chance:.3f}"
        if options.untrained:
            print(before)
            return
        settings = [word for setting in options.settings for word in ("--set", setting)]
        data = ("--images", photographs, "--captions", captions, *ENCODERS)
        route.run("with captions", "train", *data, "--out", "run", *settings)
        route.run("with captions", "index", "run", "--images", photographs, "--out", "trained.index")
        shown = ("--index", "trained.index", "--images", photographs, "--texts", captions)
        route.serve("with captions", "run", *shown)
        report = json.loads((Path(folder) / "run" / "report.json").read_text())
        words = report["text_to_image"]
        found, chance = words["recall_at"]["10"], words["recall_chance"]["10"]
        print(before)
        said = f"after it, in the first ten of {report['queries']}"
        print(f"{said}: {found:.3f}, chance {chance:.3f}")


def words_found(path: Path, captions: Path) -> tuple[float, float]:
    """The share of captions whose picture is among their first ten in an index, and that of any order."""
    index = BinaryIndex.load(path)
    run = RunFolder.open(index.source)
    asked = [entry for entry in csv.DictReader(captions.open(encoding="utf-8")) if entry["image"] in set(index.ids)]
    features = encode_texts([entry["caption"] for entry in asked], run_encoder(run.path, "text"))
    hits = index.search(run.model().encode_text(features), 10)
    found = [entry["image"] in ids for entry, (ids, _) in zip(asked, hits, strict=True)]
    return sum(found) / len(found), 10 / len(index)


class Route:
    """Commands in one folder.

    Args:
        folder: where they run; their cache is there, too.
        photographs: a folder of pictures.
    """

    def __init__(self, folder: Path, photographs: Path) -> None:
        self.folder, self.picture = folder, min(photographs.iterdir())
        self.environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}

    def run(self, part: str, *arguments: object) -> None:
        """Run a command to its end."""
        start, worked, command = time.perf_counter(), _worked(), _command(arguments)
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        _row(part, arguments, time.perf_counter() - start, _worked() - worked)

    def serve(self, part: str, *arguments: object) -> None:
        """Serve until the page, a picture and some words were answered."""
        arguments, start, worked = ("serve", *arguments), time.perf_counter(), _worked()
        with self._served(arguments) as url:
            assert b"<html" in _answer(url)
            content = base64.b64encode(self.picture.read_bytes()).decode()
            hits = json.loads(_answer(f"{url}search", {"image": content}))["hits"]
            assert self.picture.name in [hit["id"] for hit in hits if hit["distance"] == hits[0]["distance"]]
            assert len(json.loads(_answer(f"{url}search", {"text": WORDS}))["hits"]) == 10
            taken = time.perf_counter() - start
        _row(part, arguments, taken, _worked() - worked)

    @contextlib.contextmanager
    def _served(self, arguments: tuple[object, ...]) -> Iterator[str]:
        """The address of a server that ends with the block."""
        command = _command((*arguments, "--port", 0))
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as server:
            said = ""
            for line in server.stderr or ():
                said += line
                if found := re.search(r"http://\S+/", line):
                    break
            else:
                raise SystemExit(said)
            try:
                yield found[0]
            finally:
                server.terminate()


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "ucch", *map(str, arguments)]


def _answer(url: str, question: Any = None) -> bytes:
    data = None if question is None else json.dumps(question).encode()
    asked = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return bytes(answer.read())


def _worked() -> float:
    """Seconds that processors worked for commands that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def _row(part: str, arguments: tuple[object, ...], seconds: float, worked: float) -> None:
    shown = " ".join(one.name if isinstance(one, Path) else str(one) for one in arguments)
    print(f"| {part} | `ucch {shown}` | {seconds:.1f} | {worked:.1f} |", flush=True)


if __name__ == "__main__":
    main()
