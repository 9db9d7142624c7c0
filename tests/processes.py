"""Processes that talk by gloo, started once and given work by the tests: importing torch is what takes the time."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ucch.collectives import World

LIMIT = 120


class Processes:
    """A world of ``size`` processes."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        spawn = multiprocessing.get_context("spawn")
        ends = [spawn.Pipe() for _ in range(size)]
        self.ours = [end for end, _ in ends]
        arguments = [(rank, size, str(folder / "meet"), end) for rank, (_, end) in enumerate(ends)]
        self.processes = [spawn.Process(target=_serve, args=each, daemon=True) for each in arguments]
        for process in self.processes:
            process.start()

    def run(self, work: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Call ``work(world, *arguments)`` in every process; what they return, by rank."""
        for end in self.ours:
            end.send((work, arguments))
        answers = []
        for rank, end in enumerate(self.ours):
            assert end.poll(LIMIT), f"process {rank} gave no answer"
            answers.append(end.recv())
        failed = [answer for kind, answer in answers if kind == "failed"]
        assert not failed, "\n".join(failed)
        return [answer for _, answer in answers]

    def stop(self) -> None:
        for end in self.ours:
            end.send(None)
        for process in self.processes:
            process.join(LIMIT)


def _serve(rank: int, size: int, meet: str, end: Connection) -> None:
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    dist.init_process_group(
        "gloo", init_method=f"file://{meet}", rank=rank, world_size=size, timeout=timedelta(seconds=LIMIT)
    )
    world = World.current()
    while (job := end.recv()) is not None:
        work, arguments = job
        try:
            end.send(("done", work(world, *arguments)))
        except Exception:
            end.send(("failed", traceback.format_exc()))
    dist.destroy_process_group()
