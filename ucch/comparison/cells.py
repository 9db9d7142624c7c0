"""The cells of a comparison: one training run each, and the settings a grid tries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from ..errors import RecipeError
from ..recipe import Recipe, apply_recipe, full_key, recipe_names, with_settings
from ..training import STRATEGIES, check_optimizer

__all__ = ["Cell", "Plan", "method_label", "parse_grid"]

_SUFFIX = "-recipe"  # tells a recipe from the optimizer of the same name


def method_label(name: str) -> str:
    """What runs of a named recipe are called: its name, ``itq-recipe`` where an optimizer has it too.

    Raises:
        RecipeError: no such recipe, or the default, which is one of the optimizers.
    """
    word = name.strip().lower().replace("_", "-").removesuffix(_SUFFIX)
    known = [known for known in recipe_names() if known != "default"]
    if word not in known:
        raise RecipeError(f"methods must be of {', '.join(known)}, got {name!r}")
    return word + _SUFFIX if word in STRATEGIES else word


@dataclass(frozen=True)
class Cell:
    """One run: an optimizer or the label of a named recipe, a code length, a seed, settings on the common recipe."""

    optimizer: str
    bits: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Folder of the run."""
        return "_".join([f"{self.optimizer}-{self.bits}-seed{self.seed}", *self.settings])

    def recipe(self, base: Recipe) -> Recipe:
        """The recipe of the run."""
        own = {"name": self.optimizer, "bits": self.bits, "seed": self.seed}
        if self.optimizer in STRATEGIES:
            own["optimizer"] = self.optimizer
        else:
            base = apply_recipe(base, self.optimizer.removesuffix(_SUFFIX))
        return with_settings(base, [*self.settings, *(f"{key}={value}" for key, value in own.items())])


@dataclass(frozen=True)
class Plan:
    """What a comparison compares.

    Args:
        recipe: common to all runs.
        optimizers: names of ``STRATEGIES``; none compares all of them, or, where there are methods, the default.
        methods: names of recipes, each put on top of the common recipe.
        bits: code lengths.
        seeds: how many, counted from the recipe's own.
        grid: settings to try, key to values; every combination is tried.

    Raises:
        RecipeError: a name, size or setting is not allowed, or an optimizer by the recipe; nothing has been trained
            then.
    """

    recipe: Recipe
    optimizers: Sequence[str] = ()
    bits: Sequence[int] = (64,)
    seeds: int = 3
    grid: dict[str, tuple[str, ...]] = field(default_factory=dict)
    methods: Sequence[str] = ()

    def __post_init__(self) -> None:
        for cell in (*self.trials(), *self.finals({})):
            check_optimizer(cell.recipe(self.recipe))

    def columns(self) -> list[tuple[str, int]]:
        """Every optimizer and method at every code length, in the order asked for."""
        names = tuple(self.optimizers) or ((Recipe().optimizer,) if self.methods else tuple(STRATEGIES))
        unknown = [name for name in names if name not in STRATEGIES]
        if unknown:
            raise RecipeError(f"optimizers must be of {', '.join(STRATEGIES)}, got {unknown[0]!r}")
        names += tuple(method_label(name) for name in self.methods)
        return [(name, size) for size in self.bits for name in names]

    def combinations(self, optimizer: str) -> list[tuple[str, ...]]:
        """Settings the grid tries for an optimizer; keys of another optimizer's section are left out."""
        own = STRATEGIES[optimizer].section if optimizer in STRATEGIES else ""
        others = {strategy.section for strategy in STRATEGIES.values()} - {"", own}
        keys = [key for key in self.grid if key.partition(".")[0] not in others]
        if not keys:
            return []
        return [
            tuple(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            for values in product(*(self.grid[key] for key in keys))
        ]

    def trials(self) -> list[Cell]:
        """Runs on a part of the training pairs that choose settings."""
        return [
            Cell(name, size, seed, settings)
            for name, size in self.columns()
            for settings in self.combinations(name)
            for seed in self._seeds()
        ]

    def finals(self, chosen: dict[tuple[str, int], tuple[str, ...]]) -> list[Cell]:
        """Runs on all training pairs, with the chosen settings, that are evaluated."""
        return [
            Cell(name, size, seed, chosen.get((name, size), ()))
            for name, size in self.columns()
            for seed in self._seeds()
        ]

    def _seeds(self) -> range:
        return range(self.recipe.seed, self.recipe.seed + self.seeds)


def parse_grid(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``key=a,b,c`` texts.

    Raises:
        RecipeError: a text has no ``=`` or no value, or the key is unknown.

    Example:
        >>> parse_grid(["temperature=.5,.9", "bop.scale=1,2"])
        {'loss.temperature': ('.5', '.9'), 'bop.scale': ('1', '2')}
    """
    grid = {}
    for text in texts:
        key, found, values = text.partition("=")
        options = tuple(value.strip() for value in values.split(",") if value.strip())
        if not found or not options:
            raise RecipeError(f"a grid must read key=a,b,c, got {text!r}")
        grid[full_key(key.strip())] = options
    return grid
