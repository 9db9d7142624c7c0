"""What each extra adds to an installation: packages, bytes on the disk and, asked for, the time that pip takes.

    python benchmarks/extras_size.py                # packages and bytes, from the packages installed here
    python benchmarks/extras_size.py --time hub     # pip install of what that extra adds, downloads included

An extra is counted by what it brings beyond the core: the packages that its own need, one after another, less those
that the core needs, in the versions installed here. Bytes are those of the files that each package lists, without
compiled ``.pyc`` files. With ``--time`` these versions are installed by ``pip install --no-deps --no-cache-dir`` into
an empty folder, which is deleted; it is the time of this machine and its network. Extras of which a package is not
installed here are listed without figures.
"""

from __future__ import annotations

import argparse
import configparser
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def needed(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Installed packages that some requirements bring, those that these need included.

    Raises:
        PackageNotFoundError: one is not installed here.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        for asked in ("", *requirement.extras):
            if (name, asked) not in seen:
                seen.add((name, asked))
                found[name] = distribution(requirement.name)
                waiting += [(Requirement(line), asked) for line in found[name].requires or ()]
    return found


def size(package: Distribution) -> int:
    """Bytes of the files that a package lists."""
    paths = [Path(str(package.locate_file(file))) for file in package.files or () if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def seconds(packages: Iterable[Distribution]) -> float:
    """Time of one ``pip install`` of these versions into an empty folder."""
    names = [f"{package.metadata['Name']}=={package.version}" for package in packages]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "--target", folder]
        started = time.perf_counter()
        subprocess.run([*command, *names], check=True)
        return time.perf_counter() - started


def main() -> None:
    """Print a line per extra."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("extras", nargs="*", help="all by default")
    parser.add_argument("--time", action="store_true", help="install what each adds, and say how long it took")
    options = parser.parse_args()
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = {name: text.split("\n") for name, text in config["options.extras_require"].items()}
    core = needed(line for line in config["options"]["install_requires"].split("\n") if line)
    print(f"core: {len(core)} packages, {sum(map(size, core.values())) / 1e6:,.0f} MB")
    unknown = [name for name in options.extras if name not in listed]
    if unknown:
        parser.error(f"extras are {', '.join(listed)}, got {', '.join(unknown)}")
    for name in options.extras or listed:
        try:
            whole = needed(line for line in listed[name] if line)
        except PackageNotFoundError as error:
            print(f"{name}: {error.name} is not installed here")
            continue
        added = {key: package for key, package in whole.items() if key not in core}
        took = f", {seconds(added.values()):.0f} s" if options.time and added else ""
        print(f"{name}: {len(added)} packages, {sum(map(size, added.values())) / 1e6:,.0f} MB{took}")


if __name__ == "__main__":
    main()
