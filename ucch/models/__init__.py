"""Hash towers and the model they make up."""

from .hash_tower import HashTower
from .hasher import HashModel
from .unified import UnifiedEncoder
from .unified_tokens import UnifiedTokenEncoder

__all__ = ["HashModel", "HashTower", "UnifiedEncoder", "UnifiedTokenEncoder"]
