"""Feed every reader with bad files, each made from a seed and a number.

``python -m tests.reliability.fuzz --cases 10000`` reads that many per family, in children that are watched: a case must
end in a value or a ``UcchError`` with a text, within ten seconds, without a change in its folder, and the child must
not grow by more than ``MEMORY``. A JSON object per family on stdout; exit 1 where a case failed, with the line that
repeats it.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.reliability.family import HUGE, Family
from tests.reliability.readers import FAMILIES
from ucch.errors import UcchError

MEMORY = 256 << 20  # what a child may grow by; files of 200 KB may ask for 64 MiB and 1,032 times their length
SECONDS = 90.0
CHUNK = 500  # cases per child
MAGIC = (b"PK\x03\x04\0\0\0\0", b"\x93NUMPY\x01\0", b"\x89HDF\r\n\x1a\n", b"PAR1\0\0\0\0", b"\x80\x04]\0")
EXTREMES = (0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)


def make_case(family: Family, dice: random.Random, folder: Path) -> Path:
    """Put one bad file (or, now and then, a good one) into an empty folder."""
    turn = dice.random()
    name, content = dice.choice(list(family.honest().items()))
    path = folder / name
    if turn < 0.04:
        _special(path, dice, content)
        return path
    if turn < 0.35:
        name, content = family.hostile(dice)
        path = folder / name
    if turn > 0.3:
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            content = mutate(content, dice, family)
    path.write_bytes(content)
    return path


def _special(path: Path, dice: random.Random, content: bytes) -> None:
    """Something that is no regular file, or leads elsewhere."""
    kind = dice.randrange(7)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        path.symlink_to("/dev/zero")
    elif kind == 3:
        path.symlink_to(path)
    elif kind == 4:
        path.symlink_to(path.with_name("missing"))
    elif kind == 5:
        path.symlink_to("/etc/hostname")
    else:
        path.with_name("target").write_bytes(content)
        path.symlink_to(path.with_name("target"))


def mutate(content: bytes, dice: random.Random, family: Family) -> bytes:
    """Damage bytes in one of the usual ways."""
    raw, kind = bytearray(content), dice.randrange(11 if family.text else 9)
    place = dice.randrange(min(len(raw), 400) if dice.random() < 0.5 else len(raw)) if raw else 0
    if kind == 0 or not raw:
        return bytes(raw[:place])
    if kind == 1:
        for _ in range(dice.randrange(1, 9)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
    elif kind == 2:
        raw[place] ^= 1 << dice.randrange(8)
    elif kind == 3:
        number = struct.pack("<Q", dice.choice(EXTREMES))[: dice.choice([2, 4, 8])]
        raw[place : place + len(number)] = number
    elif kind == 4:
        raw[place:place] = dice.randbytes(dice.randrange(1, 64))
    elif kind == 5:
        del raw[place : place + dice.randrange(1, 64)]
    elif kind == 6:
        raw[place:place] = raw[place : place + dice.randrange(1, 256)]
    elif kind == 7:
        raw[:8] = dice.choice(
            [b"PK\x03\x04\0\0\0\0", b"\x93NUMPY\x01\0", b"\x89HDF\r\n\x1a\n", b"PAR1\0\0\0\0", b"\x80\x04]\0"]
        )
    elif kind == 8:
        other = dice.choice(list(family.honest().values()))
        raw[place:] = other[dice.randrange(len(other)) :]
    elif kind == 9:
        numbers = list(re.finditer(rb"\d+", content))
        if numbers:
            one = dice.choice(numbers)
            raw[one.start() : one.end()] = dice.choice(HUGE).encode()
    else:
        raw[place:place] = dice.choice([b"\xff", b"\xc3\x28", b"\0", b"\xed\xa0\x80", b"\r", b"\xef\xbb\xbf"])
    return bytes(raw)


def run_case(name: str, seed: int, number: int, folder: Path) -> str:
    """Read one case: ``read`` or ``refused``.

    Raises:
        Exception: what the reader should have caught.
    """
    dice = random.Random(f"{name} {seed} {number}")
    path = make_case(FAMILIES[name], dice, folder)
    before = _look(folder)
    try:
        FAMILIES[name].read(path)
        outcome = "read"
    except UcchError as error:
        if not str(error).strip():
            raise AssertionError("refused without a word") from error
        outcome = "refused"
    if _look(folder) != before:
        raise AssertionError(f"the folder changed: {before} to {_look(folder)}")
    return outcome


def _look(folder: Path) -> list[tuple[str, int, int]]:
    entries = [(entry, entry.lstat()) for entry in sorted(folder.rglob("*"))]
    return [(entry.name, found.st_size, found.st_mtime_ns) for entry, found in entries]


def _child(name: str, seed: int, numbers: range, place: Path, seen: mmap.mmap) -> None:
    """Read cases; leave in ``seen`` the number of the present one and the counts of those read and refused."""
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = {"read": 0, "refused": 0}
    for number in numbers:
        seen[:8] = struct.pack("<q", number)
        folder = place / "case"
        folder.mkdir()
        try:
            counts[run_case(name, seed, number, folder)] += 1
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        shutil.rmtree(folder)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) << 10
        seen[8:32] = struct.pack("<qqq", counts["read"], counts["refused"], grown)
        if grown > MEMORY:
            print(f"grew by {grown:,} bytes", file=sys.stderr, flush=True)
            os._exit(2)
    os._exit(0)


def fuzz(name: str, cases: int, seed: int) -> dict[str, object]:
    """Read all cases of a family; what failed is named and the rest goes on."""
    start, number, failed = time.monotonic(), 0, []
    totals, most = [0, 0], 0
    with mmap.mmap(-1, 32) as seen, tempfile.TemporaryDirectory() as root:
        while number < cases:
            seen[:] = bytes(32)
            place = Path(root) / "place"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            child = os.fork()
            if child == 0:
                _child(name, seed, range(number, min(cases, number + CHUNK)), place, seen)
            code = _wait(child, seen)
            last, read, refused, grown = struct.unpack("<qqqq", seen[:32])
            totals, most = [totals[0] + read, totals[1] + refused], max(most, grown)
            if code != 0:
                failed.append(f"--family {name} --seed {seed} --only {last}: exit {code}")
                print(failed[-1], file=sys.stderr, flush=True)
            number = last + 1
    return {
        "family": name,
        "cases": cases,
        "read": totals[0],
        "refused": totals[1],
        "failed": failed,
        "most_grown_mib": round(most / 2**20),
        "seconds": round(time.monotonic() - start, 1),
    }


def _wait(child: int, seen: mmap.mmap) -> int:
    """Wait for a child that goes on from case to case; kill one that stands."""
    last, since = -1, time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        now = struct.unpack("<q", seen[:8])[0]
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > SECONDS:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return 124
        time.sleep(0.01)


def main() -> None:
    """Parse, read, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", choices=list(FAMILIES), action="append")
    parser.add_argument("--only", type=int, help="read one case in this process, with its traceback")
    options = parser.parse_args()
    names = options.family or list(FAMILIES)
    if options.only is not None:
        with tempfile.TemporaryDirectory() as place:
            print(run_case(names[0], options.seed, options.only, Path(place)))
        return
    for family in FAMILIES.values():
        family.honest()
    reports = [fuzz(name, options.cases, options.seed) for name in names]
    for report in reports:
        print(json.dumps(report), flush=True)
    sys.exit(any(report["failed"] for report in reports))


if __name__ == "__main__":
    main()
