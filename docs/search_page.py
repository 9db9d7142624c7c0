"""Take the picture of the search page: ``python docs/search_page.py --package DIR``. A minute or two.

The photographs are those of GCompris that its notes put in the public domain or under CC0, out of Debian's package::

    apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_*.deb DIR

Their names and the titles at their sources are the captions that a run learns from. Needs the extras ``photos`` and
``serve``, Playwright from PyPI and Chromium on the path. Writes ``docs/images/search_page.jpg`` and the sources of the
photographs in it, ``docs/search_page_sources.md``.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

DOCS = Path(__file__).resolve().parent
ROOMS = (
    "categorization",
    "explore_farm_animals",
    "explore_monuments",
    "explore_world_animals",
    "explore_world_music",
    "solar_system",
)
FREE = {"Public Domain": "public domain", "CC0-1.0": "CC0 1.0"}
QUERY = "electricity from the sun"


@dataclass(frozen=True)
class Photo:
    """A photograph and what its package says of it."""

    name: str
    content: bytes
    author: str
    licence: str
    source: str

    def captions(self) -> list[str]:
        """Its name and the title at its source, as words."""
        link = urlsplit(self.source)
        title = parse_qs(link.query).get("picture", [PurePosixPath(unquote(link.path)).stem])[0]
        return list(dict.fromkeys(words for words in map(words_of, (Path(self.name).stem, title)) if words))


def words_of(name: str) -> str:
    """``File:Mykonos_windmills (2).jpg`` or ``greatWall3`` as words."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("File:"))
    return " ".join(re.findall(r"[^\W\d_]{2,}", name)).lower()


def files_of(path: Path) -> dict[str, bytes]:
    """The files in a binary resource of Qt, a tree of nodes over blocks of data and names, by their paths."""
    held = path.read_bytes()
    version, tree, data, names = struct.unpack(">4xIIII", held[:20])
    files: dict[str, bytes] = {}

    def visit(node: int, folder: str) -> None:
        at = tree + node * (14 if version < 2 else 22)
        name, flags, first, second = struct.unpack(">IHII", held[at : at + 14])
        (length,) = struct.unpack(">H", held[names + name : names + name + 2])
        own = held[names + name + 6 : names + name + 6 + 2 * length].decode("utf-16-be") if node else ""
        where = f"{folder}/{own}" if own else folder
        if flags & 2:  # a folder: how many nodes, and which is the first
            for child in range(second, second + first):
                visit(child, where)
            return
        (size,) = struct.unpack(">I", held[data + second : data + second + 4])
        block = held[data + second + 4 : data + second + 4 + size]
        files[where] = zlib.decompress(block[4:]) if flags & 1 else block

    visit(0, "")
    return files


def photos_of(package: Path) -> list[Photo]:
    """The free photographs, by what the README beside them says."""
    found = {}
    for room in ROOMS:
        files = files_of(package / "usr/share/gcompris-qt/rcc" / f"{room}.rcc")
        for readme in (path for path in files if path.endswith("/README")):
            for entry in re.split(r"\n\s*\n", files[readme].decode("utf-8")):
                said = dict(re.findall(r"^(Copyright|Source|License): *(.+?)\s*$", entry, re.M))
                if said.get("License") not in FREE or "Source" not in said:
                    continue
                for name in re.findall(r"^[\w/-]+\.webp", entry.partition("Files:")[2], re.M):
                    content = files.get(f"{readme.rpartition('/')[0]}/{name}")
                    if content is not None:
                        own = Path(name).name
                        found[own] = Photo(own, content, said["Copyright"], FREE[said["License"]], said["Source"])
    return [found[name] for name in sorted(found)]


def write(photos: list[Photo], folder: Path) -> None:
    """Lay out what ``ucch train --images --captions`` reads."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    with open(folder / "captions.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "caption"])
        for photo in photos:
            (folder / "photos" / photo.name).write_bytes(photo.content)
            table.writerows([photo.name, caption] for caption in photo.captions())


def ucch(*words: str) -> list[str]:
    """A command of ucch."""
    return [sys.executable, "-m", "ucch", *words]


def learn(folder: Path) -> None:
    """Train and index, unless that was done."""
    encoders = ["--image-encoder", "efficientnet-lite0", "--text-encoder", "minilm"]
    pairs = ["--images", "photos", "--captions", "captions.csv"]
    if not (folder / "photos.index").exists():
        subprocess.run(ucch("train", *pairs, *encoders, "--out", "run"), cwd=folder, check=True)
        subprocess.run(ucch("index", "run", "--images", "photos", "--out", "photos.index"), cwd=folder, check=True)


def draw(folder: Path, query: str, picture: Path) -> list[str]:
    """Take the page's picture; gives the names of the photographs in it."""
    from playwright.sync_api import sync_playwright

    serve = ["serve", "run", "--index", "photos.index", "--images", "photos", "--texts", "captions.csv", "--port", "0"]
    with subprocess.Popen(ucch(*serve), cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as started:
            arguments = ["--no-sandbox"] if os.getuid() == 0 else []
            browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            page = browser.new_page(viewport={"width": 1000, "height": 778}, device_scale_factor=1.5)
            for _ in range(2):  # the first words that an encoder meets take it longer
                page.goto(f"{url}?q={query}")
                page.wait_for_selector("#results img")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=picture, type="jpeg", quality=80)
            seen = (
                "all => all.filter((one) => one.getBoundingClientRect().top < innerHeight).map((one) => one.dataset.id)"
            )
            shown = page.eval_on_selector_all("#results a", seen)
            browser.close()
        server.terminate()
    return list(shown)


def sources(photos: list[Photo], shown: list[str]) -> str:
    """The page of sources."""
    by_name = {photo.name: photo for photo in photos}
    shown_ones = [by_name[name] for name in shown]
    rows = "\n".join(f"| {one.name} | {one.author} | {one.licence} | <{one.source}> |" for one in shown_ones)
    return f"""# Photographs in the picture of the search page

Made by `python docs/search_page.py`. All come with GCompris (Debian's `gcompris-qt-data`), whose notes name these
sources. The run behind the picture learnt from {len(photos)} such photographs with their names and titles, a tenth held
back.

| photograph | author | licence | source |
|---|---|---|---|
{rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, default=Path("/"), help="where Debian's gcompris-qt-data is unpacked")
    parser.add_argument(
        "--work", type=Path, default=DOCS.parent / "build/search_page", help="run and index are kept here"
    )
    parser.add_argument("--query", default=QUERY)
    chosen = parser.parse_args()
    photos = photos_of(chosen.package)
    write(photos, chosen.work)
    learn(chosen.work)
    shown = draw(chosen.work, chosen.query, DOCS / "images/search_page.jpg")
    (DOCS / "search_page_sources.md").write_text(sources(photos, shown), encoding="utf-8")


if __name__ == "__main__":
    main()
