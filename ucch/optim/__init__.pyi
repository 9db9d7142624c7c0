from .binary import (
    AnnealedMap,
    AnnealedTanhMap,
    BinaryMap,
    BinaryOptimizer,
    BinaryRelaxMap,
    ClipRule,
    HysteresisMap,
    LatentRule,
    MapChain,
    MomentumRows,
    PiecewiseAffineMap,
    SignMap,
    annealing_progress,
)
from .bop import Bop, bop, bop_threshold
from .code_bank import CodeBank
from .deposits import deposit
from .discrete import DiscreteCodes, discrete_codes, discrete_objective
from .itq import ItqRotation, itq_error, itq_rotation, random_rotation
from .key_gradients import key_gradients, observe_keys
from .keys import Keys, in_batch_keys
from .momentum import MomentumBinary, momentum_binary
from .sharded_bank import ShardedCodeBank
from .table_optimizer import TableOptimizer

__all__ = [
    "AnnealedMap",
    "AnnealedTanhMap",
    "BinaryMap",
    "BinaryOptimizer",
    "BinaryRelaxMap",
    "Bop",
    "ClipRule",
    "CodeBank",
    "DiscreteCodes",
    "HysteresisMap",
    "ItqRotation",
    "Keys",
    "LatentRule",
    "MapChain",
    "MomentumBinary",
    "MomentumRows",
    "PiecewiseAffineMap",
    "ShardedCodeBank",
    "SignMap",
    "TableOptimizer",
    "annealing_progress",
    "bop",
    "bop_threshold",
    "deposit",
    "discrete_codes",
    "discrete_objective",
    "in_batch_keys",
    "itq_error",
    "itq_rotation",
    "key_gradients",
    "momentum_binary",
    "observe_keys",
    "random_rotation",
]
