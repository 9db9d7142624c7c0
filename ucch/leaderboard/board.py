"""The file of a leaderboard: which methods, on which data, at which code lengths, with how many seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from ..comparison import Cell, method_label
from ..errors import RecipeError
from ..recipe import Recipe, load_recipe
from ..recipe.section_base import Count, Section
from ..toml import tomllib
from ..training import STRATEGIES, check_optimizer

__all__ = ["Board", "BoardCell", "load_board"]

Names = Annotated[list[str], Field(default_factory=list)]
Lengths = Annotated[list[Count], Field(min_length=1)]


class DataSection(Section):
    """A data set by name, or a feature file; ``root`` is its folder under --data-root."""

    name: str
    root: str = ""


class RunsSection(Section):
    """Some methods together; what is left out is the whole board's.

    ``optimizers`` train the common recipe through the sign in their own way, ``methods`` are named recipes.
    """

    optimizers: Names
    methods: Names
    data: Names
    bits: Annotated[list[Count], Field(default_factory=list)]
    settings: Names
    seeds: Count | None = None


class Board(Section):
    """A leaderboard as its file says it."""

    title: str = "Leaderboard"
    recipe: str = "default"
    bits: Lengths
    seeds: Count = 3
    data: Annotated[list[DataSection], Field(min_length=1)]
    runs: Annotated[list[RunsSection], Field(min_length=1)]

    def cells(self, data_root: str | Path | None = None) -> list[BoardCell]:
        """Every run, in the order of the file; all seeds of a method stand together.

        Args:
            data_root: the folder in which the sets' own folders lie.

        Raises:
            RecipeError: a name is unknown, a value is not allowed, an optimizer is not by the recipe, or a
                method stands twice at one place.
        """
        cells = []
        for runs in self.runs:
            unknown = [name for name in runs.data if name not in {data.name for data in self.data}]
            if unknown:
                raise RecipeError(f"runs.data must be of the board's data sets, got {unknown[0]!r}")
            for data in self.data:
                if not runs.data or data.name in runs.data:
                    base = self._base(data, data_root)
                    cells += [BoardCell(data.name, cell, cell.recipe(base)) for cell in self._of(runs, base.seed)]
        seen = set()
        for cell in cells:
            check_optimizer(cell.recipe)
            if cell.folder in seen:
                raise RecipeError(f"a method stands once for each data set, length and seed, but {cell.folder} twice")
            seen.add(cell.folder)
        return cells

    def _of(self, runs: RunsSection, first_seed: int) -> list[Cell]:
        unknown = [name for name in runs.optimizers if name not in STRATEGIES]
        if unknown:
            raise RecipeError(f"optimizers must be of {', '.join(STRATEGIES)}, got {unknown[0]!r}")
        names = [*runs.optimizers, *(method_label(name) for name in runs.methods)]
        return [
            Cell(name, bits, seed, tuple(runs.settings))
            for bits in runs.bits or self.bits
            for name in names
            for seed in range(first_seed, first_seed + (runs.seeds or self.seeds))
        ]

    def _base(self, data: DataSection, data_root: str | Path | None) -> Recipe:
        is_file = Path(data.name).is_file()
        update = {"data": str(Path(data.name).resolve()) if is_file else data.name}
        if data.root:
            if data_root is None:
                raise RecipeError(f"{data.name} is read from its published files; name their folder with --data-root")
            update["data_root"] = str((Path(data_root) / data.root).resolve())
        return load_recipe(self.recipe).model_copy(update=update)


@dataclass(frozen=True)
class BoardCell:
    """One run of a board."""

    data: str
    cell: Cell
    recipe: Recipe

    @property
    def folder(self) -> Path:
        """Where the run lies under ``runs/``."""
        return Path(Path(self.data).stem) / self.cell.name


def load_board(path: str | Path) -> Board:
    """Read a leaderboard's file.

    Raises:
        RecipeError: it cannot be read, is not TOML, has an unknown key, or a value does not fit.
    """
    path = Path(path)
    try:
        return Board.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{path}: {key}: {first['msg'].lower()}, got {first['input']!r}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} cannot be read as a leaderboard: {error}") from error
