"""Install into the environment of this Python as ``pip install`` would, by uv: ``python tests/install.py -e '.[dev]'``.

uv unpacks on all cores and compiles nothing ahead of its use, which takes it a quarter of pip's time. It does not read
pip's settings, so those that say where packages come from are passed on. Where uv cannot be had or fails, pip installs.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile

NAMES = {  # pip's, uv's, and what stands between several values of uv's
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "constraint": ("UV_CONSTRAINT", " "),
    "cert": ("SSL_CERT_FILE", " "),
}
PIP = [sys.executable, "-m", "pip", "install", "--quiet"]
UV = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]


def uv_settings(listed: str) -> dict[str, str]:
    """Environment variables for uv that say what ``pip config list`` printed; of several indexes the best version."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):  # the environment wins
        key, _, value = line.partition("=")
        name, between = NAMES.get(key.rpartition(".")[2], (None, ""))
        if name is not None:
            found[name] = between.join(ast.literal_eval(value).split())
    return found


def main(arguments: list[str]) -> int:
    """Install; the exit code."""
    listed = subprocess.run([*PIP[:3], "config", "list"], capture_output=True, text=True, check=False).stdout
    with tempfile.TemporaryDirectory(prefix="uv-", dir=sys.prefix) as cache:  # where hard links reach, and not kept
        environment = {"UV_CACHE_DIR": cache} | uv_settings(listed) | os.environ
        for command in ([*PIP, "uv"], [*UV, *arguments]):
            if subprocess.run(command, env=environment, check=False).returncode != 0:
                break
        else:
            return 0
    print("uv did not install; pip does, which takes minutes", file=sys.stderr)
    return subprocess.run([*PIP, "--no-compile", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
