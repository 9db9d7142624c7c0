"""The run folder: what one training run leaves behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout

from ..calibration import PartnerCalibration
from ..codes import PackedCodes
from ..errors import RunError
from ..files import is_leftover, write_atomically
from ..models import HashModel
from ..plain_json import one_line, parse_json
from ..recipe import Recipe, load_recipe
from ..text_lines import read_lines
from .checkpoint import load_state, save_state

__all__ = ["RunFolder", "free_run_path"]


class RunFolder:
    """Name the files of a run.

    ``recipe.toml`` (resolved), ``teacher.safetensors`` (where there is a teacher), ``model.safetensors`` (scaling and
    towers), ``checkpoint/`` (the last two states and, in the teacher stage, its own, to resume), ``history.jsonl`` (a
    line per epoch), ``goal.json`` (what the codes are for, and what they keep), ``calibration.json`` (what distances
    mean, where pairs were set aside), ``report.json``, ``plots/``; of a run that goes on from another,
    ``earlier/`` (what that one handed on), ``growing.json`` (what changed) and ``codes.safetensors`` (of its items,
    earlier ones first); of a run on a stream ``stream.json``, what it was, in place of a report. None of them can hold
    code. ``.lock`` is held by the process that trains.
    """

    HANDED_ON = "items.safetensors"  # the file of ``earlier/`` that is written last

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.recipe_file = self.path / "recipe.toml"
        self.model_file = self.path / "model.safetensors"
        self.checkpoint_file = self.path / "checkpoint" / "state.safetensors"
        self.previous_checkpoint_file = self.path / "checkpoint" / "previous.safetensors"
        self.teacher_file = self.path / "teacher.safetensors"
        self.teacher_checkpoint_file = self.path / "checkpoint" / "teacher.safetensors"
        self.history_file = self.path / "history.jsonl"
        self.report_file = self.path / "report.json"
        self.goal_file = self.path / "goal.json"
        self.calibration_file = self.path / "calibration.json"
        self.plots = self.path / "plots"
        self.earlier = self.path / "earlier"
        self.growing_file = self.path / "growing.json"
        self.codes_file = self.path / "codes.safetensors"
        self.stream_file = self.path / "stream.json"

    @classmethod
    def create(cls, path: str | Path, recipe: Recipe) -> RunFolder:
        """Make a new run folder and write its recipe.

        Raises:
            RunError: the path holds anything already, or cannot be made.
        """
        run = cls.check_new(path)
        try:
            run.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{run.path} cannot be made: {error.strerror}") from error
        with run.locked():
            cls.check_new(path)  # another process may have been faster
            write_atomically(run.recipe_file, recipe.to_toml())
        return run

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run folder for this process; the system lets go of it when the process ends, however it ends.

        Raises:
            RunError: another process holds it, or the folder cannot be written.
        """
        lock = FileLock(self.path / ".lock", timeout=0, is_singleton=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise RunError(
                f"{self.path} is being trained by another process; wait for it to end, or name another folder"
            ) from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror or error}") from error
        try:
            yield
        finally:
            lock.release()

    @classmethod
    def check_new(cls, path: str | Path) -> RunFolder:
        """Refuse a path that holds anything already, before work is done for it.

        Raises:
            RunError: the path is neither new nor an empty folder.
        """
        run = cls(path)
        if run.path.exists() and (not run.path.is_dir() or any(map(_counts, run.path.iterdir()))):
            held = "a run" if run.recipe_file.exists() else "something else"
            raise RunError(
                f"{run.path} already holds {held}; name another folder with --out"
                + (", or go on with it by --resume" if run.recipe_file.exists() else "")
            )
        return run

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Find an existing run.

        Raises:
            RunError: there is no run at ``path``.
        """
        run = cls(path)
        if not run.recipe_file.is_file():
            raise RunError(f"{run.path} is not a run folder: it has no recipe.toml; ucch train --out makes one")
        return run

    def recipe(self) -> Recipe:
        """Read the recipe the run was started with; one from before there were goals trained for categories."""
        recipe = load_recipe(self.recipe_file)
        if "goal" in recipe.model_fields_set:
            return recipe
        return recipe.model_copy(update={"goal": "categories"})

    def model(self) -> HashModel:
        """Load the trained model, on the CPU.

        Raises:
            RunError: training has not ended yet, or the file is damaged.
        """
        if not self.model_file.exists():
            raise RunError(f"{self.path} has no model yet; finish it with ucch train --out {self.path} --resume")
        return HashModel.load(self.model_file)

    def model_digest(self) -> str:
        """SHA-256 of the model file: what tells the codes of one model from another's.

        Raises:
            RunError: training has not ended yet.
        """
        try:
            return hashlib.sha256(self.model_file.read_bytes()).hexdigest()
        except OSError as error:
            raise RunError(f"{self.model_file} cannot be read: {error.strerror}") from error

    def calibration(self) -> PartnerCalibration | None:
        """Read what distances of the run's codes mean; None where no pairs were set aside to learn it.

        Raises:
            RunError: the file is damaged.
        """
        if not self.calibration_file.exists():
            return None
        try:
            return PartnerCalibration.from_json(self.calibration_file.read_bytes())
        except (OSError, ValueError) as error:
            raise RunError(f"{self.calibration_file} cannot be read: {error}") from error

    def write_calibration(self, calibration: PartnerCalibration) -> None:
        """Write what distances mean."""
        write_atomically(self.calibration_file, json.dumps(calibration.as_dict(), indent=2) + "\n")

    def write_history(self, lines: Iterable[dict[str, Any]]) -> None:
        """Replace the history by one JSON line per epoch."""
        write_atomically(self.history_file, "".join(json.dumps(line) + "\n" for line in lines))

    def append_history(self, line: dict[str, Any]) -> None:
        """Add the line of one more epoch; not flushed to the disk, the checkpoint holds the history as well.

        Raises:
            RunError: the file cannot be written.
        """
        try:
            with self.history_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise RunError(f"{self.history_file} cannot be written: {error.strerror or error}") from error

    def report(self) -> dict[str, Any] | None:
        """Read ``report.json``; None where the run was not evaluated.

        Raises:
            RunError: the file is damaged.
        """
        return _json_object(self.report_file)

    @property
    def handed_on(self) -> bool:
        """Whether the folder holds what an earlier run handed on, whole."""
        return (self.earlier / self.HANDED_ON).exists()

    def growing(self) -> dict[str, Any] | None:
        """Read ``growing.json``, what changed since the earlier run; None of a run that did not go on from one.

        Raises:
            RunError: the file is damaged.
        """
        return _json_object(self.growing_file)

    def codes(self) -> dict[str, PackedCodes]:
        """Read the codes that a run gave its items, ``image`` and ``text``; empty where it kept none.

        Raises:
            RunError: the file is damaged.
        """
        if not self.codes_file.exists():
            return {}
        state = load_state(self.codes_file)
        if set(state) != {"image", "text"}:
            raise RunError(f"{self.codes_file} cannot be read: it must hold image and text, got {', '.join(state)}")
        return {kind: rows.numpy() for kind, rows in state.items()}

    def kept_codes(self) -> dict[str, PackedCodes]:
        """Codes by which the first items of the run's data answer on, as they were kept; empty where none were.

        Raises:
            RunError: a file is damaged.
        """
        growing = self.growing()
        if growing is None or not growing["keep_codes"]:
            return {}
        rows = growing["earlier_rows"]
        return {kind: codes[: rows[kind]] for kind, codes in self.codes().items() if rows[kind]}

    def write_codes(self, codes: Mapping[str, PackedCodes]) -> None:
        """Write the codes of the items, (n, ceil(D/8)) each side."""
        save_state(self.codes_file, {kind: torch.from_numpy(np.array(rows)) for kind, rows in codes.items()})

    def history(self) -> list[dict[str, Any]]:
        """Read the history; empty before the first epoch ends.

        Raises:
            RunError: the file is damaged.
        """
        if not self.history_file.exists():
            return []
        try:
            lines = [parse_json(line) for line in read_lines(self.history_file, error=RunError)]
            if not all(isinstance(line, dict) for line in lines):
                raise ValueError("a line holds no object")
            return lines
        except ValueError as error:
            raise RunError(f"{self.history_file} cannot be read: {error}") from error


def _json_object(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        found = parse_json(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("it holds no object")
        return found
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {one_line(error)}") from error


def _counts(entry: Path) -> bool:
    """Whether a folder with this entry is no longer empty; what a killed start left does not count."""
    return entry.name != ".lock" and not is_leftover(entry.name)


def free_run_path(parent: str | Path, stem: str) -> Path:
    """First of ``stem``, ``stem-2``, ``stem-3``, ... that does not exist in ``parent``."""
    parent = Path(parent)
    number, path = 1, parent / stem
    while path.exists():
        number += 1
        path = parent / f"{stem}-{number}"
    return path
