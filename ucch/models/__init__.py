"""Hash towers and the model they make up."""

from .hash_tower import HashTower
from .hasher import ENCODING_BATCH, HashModel
from .unified import UnifiedEncoder
from .unified_tokens import UnifiedTokenEncoder

__all__ = ["ENCODING_BATCH", "HashModel", "HashTower", "UnifiedEncoder", "UnifiedTokenEncoder"]
