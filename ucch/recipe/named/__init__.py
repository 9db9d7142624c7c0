"""Named recipes, one TOML file each; read through :func:`ucch.recipe.load_recipe`."""
