from .load import apply_recipe, load_recipe, recipe_names
from .recipe import Recipe
from .settings import full_key, with_settings

__all__ = ["Recipe", "apply_recipe", "full_key", "load_recipe", "recipe_names", "with_settings"]
