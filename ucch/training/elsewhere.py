"""Names that stand in ``ucch.recipe`` and ``ucch.runs`` and are asked of ``ucch.training`` too."""

from ..recipe import Recipe, apply_recipe, full_key, load_recipe, recipe_names, with_settings
from ..runs import RunFolder, free_run_path

__all__ = [
    "Recipe",
    "RunFolder",
    "apply_recipe",
    "free_run_path",
    "full_key",
    "load_recipe",
    "recipe_names",
    "with_settings",
]
