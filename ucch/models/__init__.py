"""Hash towers and the model they make up."""

from .hash_model import ENCODING_BATCH, HashModel
from .hash_tower import HashTower
from .item_outputs import mean_outputs
from .residual_tower import ResidualTower
from .sparse_code_tower import SparseCodeTower, lasso
from .towers import TOWERS, build_tower
from .unified import UnifiedEncoder
from .unified_tokens import UnifiedTokenEncoder

__all__ = [
    "ENCODING_BATCH",
    "TOWERS",
    "HashModel",
    "HashTower",
    "ResidualTower",
    "SparseCodeTower",
    "UnifiedEncoder",
    "UnifiedTokenEncoder",
    "build_tower",
    "lasso",
    "mean_outputs",
]
