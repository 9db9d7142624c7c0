"""Recipes, the training loop, and the folder a run leaves behind."""

from .recipe import Recipe, load_recipe, recipe_names, with_settings
from .run_folder import RunFolder, free_run_path
from .strategies import STRATEGIES, Strategy
from .train import choose_device, train_run
from .trainer import EpochStats, Trainer

__all__ = [
    "STRATEGIES",
    "EpochStats",
    "Recipe",
    "RunFolder",
    "Strategy",
    "Trainer",
    "choose_device",
    "free_run_path",
    "load_recipe",
    "recipe_names",
    "train_run",
    "with_settings",
]
