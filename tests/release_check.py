"""Check what would be released: ``make release-check``.

Builds the source archive and the wheel, looks at what they hold, installs the wheel without extras into an environment
of its own, and there trains, evaluates, and times ``import ucch``, ``from ucch import CrossModalHasher`` beside torch
alone, and ``ucch --help``. Prints a line per check and exits with 1 at the first that fails. Minutes, most of them
pip's.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    version = _version()
    say(f"version {version}", f"## {version}" in _read("CHANGELOG.md") or "## Unreleased" in _read("CHANGELOG.md"))
    say("CITATION.cff names that version", f"\nversion: {version}\n" in _read("CITATION.cff"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
        (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        check_wheel(wheel, version)
        check_source(source)
        python, ucch = install(wheel, folder / "venv")
        check_speed(python, ucch)
        run(ucch, "train", "--data", "digits", "--epochs", "1", "--bits", "16", "--out", folder / "run")
        run(ucch, "eval", folder / "run", "--json")
        say("trains and evaluates from the wheel alone", (folder / "run" / "report.json").is_file())


def check_wheel(wheel: Path, version: str) -> None:
    """The wheel holds the package, its recipes and page, the licence, and nothing else."""
    names = zipfile.ZipFile(wheel).namelist()
    info = f"ucch-{version}.dist-info/"
    strangers = [name for name in names if not name.startswith(("ucch/", info))]
    say(f"wheel: {len(names)} files, {wheel.stat().st_size / 1024:.0f} KiB, only ucch/", not strangers)
    packages = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "ucch").rglob("__init__.py")}
    held = {str(Path(name).parent) for name in names if name.endswith("__init__.py")} - {"ucch/cli"}
    say(f"wheel: all {len(packages)} packages", packages == held)
    wanted = ("ucch/py.typed", "ucch/cli/main.py", "ucch/recipe/named/default.toml", "ucch/serving/page/index.html")
    say("wheel: recipes, page, types, command line", set(wanted) <= set(names))
    say("wheel: licence", any(name.startswith(info) and name.endswith("LICENSE") for name in names))


def check_source(source: Path) -> None:
    """The source archive holds no build leftovers and no data sets."""
    with tarfile.open(source) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    strangers = [
        name for name in names if name.startswith(("build/", "dist/", "runs/", ".venv/")) or "__pycache__" in name
    ]
    say(f"source archive: {len(names)} files, no leftovers", not strangers)


def install(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """Install the wheel, without extras, into a new environment."""
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel)
    return folder / "bin" / "python", folder / "bin" / "ucch"


def check_speed(python: Path, ucch: Path) -> None:
    """Imports are light: torch is imported on use. Best of three, the first of which fills caches."""
    plain, torch = best(python, "-c", "import ucch"), best(python, "-c", "import torch")
    whole, usage = best(python, "-c", "from ucch import CrossModalHasher"), best(ucch, "--help")
    say(f"import ucch {plain:.2f} s", plain < 2)
    say(f"from ucch import CrossModalHasher {whole:.2f} s, torch alone {torch:.2f} s", whole < torch + 2)
    say(f"ucch --help {usage:.2f} s", usage < 1)


def best(*command: object) -> float:
    """Least wall seconds of four calls."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        run(*command)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def run(*command: object) -> None:
    """Run a command, quietly; show what it said where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def say(what: str, holds: bool) -> None:
    """Print a check, and stop where it fails."""
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    if not holds:
        sys.exit(1)


def _version() -> str:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser["metadata"]["version"]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
