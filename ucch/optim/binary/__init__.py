"""Parameters made binary by any optimizer: the wrapper, its maps, and the rules that go before them."""

from .annealed_tanh import AnnealedTanhMap
from .annealing import AnnealedMap, annealing_progress
from .binary_map import BinaryMap, LatentRule
from .binary_optimizer import BinaryOptimizer
from .binary_relax import BinaryRelaxMap
from .clip_rule import ClipRule
from .hysteresis import HysteresisMap
from .map_chain import MapChain
from .momentum_rows import MomentumRows
from .piecewise_affine import PiecewiseAffineMap
from .sign_map import SignMap

__all__ = [
    "AnnealedMap",
    "AnnealedTanhMap",
    "BinaryMap",
    "BinaryOptimizer",
    "BinaryRelaxMap",
    "ClipRule",
    "HysteresisMap",
    "LatentRule",
    "MapChain",
    "MomentumRows",
    "PiecewiseAffineMap",
    "SignMap",
    "annealing_progress",
]
