"""Kill training, extraction and indexing at random moments and compare what their next tries end with.

``python -m tests.reliability.kills --trials 50`` does each job once undisturbed for its reference digest and its time,
then as often as asked: start it in a process of its own, SIGKILL it after a random part of that time (every other
trial a second time, during the resumed try), let the last try end, and compare digests. One JSON object on stdout;
exit 1 where any differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch

from tests.reliability.jobs import JOBS, QUICK_JOBS, digest, prepare

LIMIT = 300.0  # seconds that one try may take


def attempt(name: str, shared: Path, folder: Path, kill_after: float | None) -> tuple[bool, float]:
    """Do a job in a child; kill it after some seconds. Whether it was killed, and how long it ran."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            sink = os.open(folder / f"../{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            JOBS[name](shared, folder)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - start
        if ended:
            break
        if seconds > (LIMIT if kill_after is None else kill_after):
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
            break
        time.sleep(0.0005)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL and kill_after is not None:
        return True, seconds
    if code != 0:
        raise RuntimeError(f"{name} ended with {code}:\n{(folder / f'../{name}.log').read_text()[-3000:]}")
    return False, seconds


def do_here(name: str, shared: Path, folder: Path) -> None:
    """Do a job in this process, whose forks then have imported what it needs: kills fall into its work."""
    folder.mkdir()
    with contextlib.redirect_stdout(sys.stderr):
        JOBS[name](shared, folder)


def trial(name: str, shared: Path, folder: Path, seconds: float, dice: random.Random, wanted: int) -> int:
    """Kill a job ``wanted`` times at most, at least once, then let it end; the number of kills."""
    kills = 0
    while True:
        folder.mkdir()
        for _ in range(wanted):
            killed, _ = attempt(name, shared, folder, dice.uniform(0, seconds))
            kills += killed
            if not killed:
                break
        if kills:
            attempt(name, shared, folder, None)
            return kills
        shutil.rmtree(folder)  # it was faster than the kill


def main() -> None:
    """Parse, do the trials, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="leave out the slow jobs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dice, start = random.Random(options.seed), time.monotonic()
    names = list(QUICK_JOBS if options.quick else JOBS)
    equal, kills, differ = 0, 0, []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "shared").mkdir()
        prepare(root / "shared")
        references = {}
        for name in names:
            do_here(name, root / "shared", root / f"here-{name}")
            folder = root / f"reference-{name}"
            folder.mkdir()
            _, seconds = attempt(name, root / "shared", folder, None)
            references[name] = digest(folder), seconds
        for number in range(options.trials):
            name = names[number % len(names)]
            expected, seconds = references[name]
            folder = root / f"trial-{number}"
            kills += trial(name, root / "shared", folder, seconds, dice, 1 + number // len(names) % 2)
            if digest(folder) == expected:
                equal += 1
                shutil.rmtree(folder)
            else:
                differ.append(f"{name} {number}")
    report = {"trials": options.trials, "equal": equal, "kills": kills, "differ": differ, "jobs": names}
    print(json.dumps(report | {"seconds": round(time.monotonic() - start, 1)}))
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
