"""Hash towers and the model they make up."""

from .hash_tower import HashTower
from .hasher import HashModel

__all__ = ["HashModel", "HashTower"]
