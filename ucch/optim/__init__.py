"""Code tables and the optimizers that update them."""

from .code_bank import CodeBank
from .keys import Keys, in_batch_keys
from .momentum import MomentumBinary, momentum_binary
from .table_optimizer import TableOptimizer

__all__ = ["CodeBank", "Keys", "MomentumBinary", "TableOptimizer", "in_batch_keys", "momentum_binary"]
