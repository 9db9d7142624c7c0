"""Named recipes, one TOML file each; read through :func:`ucch.training.load_recipe`."""
