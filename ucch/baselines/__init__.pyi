from .baseline import Baseline, Learned
from .cca_itq import CcaItq
from .cmfh import Cmfh, cmfh, cmfh_objective
from .cvh import Cvh
from .directions import Directions, canonical_directions, pair_components
from .fsh import Fsh, fsh_codes, fsh_objective, fused_similarity
from .itq import Itq
from .lsh import Lsh
from .lssh import Lssh, bounded_dictionary, latent_codes
from .names import BASELINES
from .sign import Sign
from .stacked_itq import StackedItq, own_pair_share, share_space

__all__ = [
    "BASELINES",
    "Baseline",
    "CcaItq",
    "Cmfh",
    "Cvh",
    "Directions",
    "Fsh",
    "Itq",
    "Learned",
    "Lsh",
    "Lssh",
    "Sign",
    "StackedItq",
    "bounded_dictionary",
    "canonical_directions",
    "cmfh",
    "cmfh_objective",
    "fsh_codes",
    "fsh_objective",
    "fused_similarity",
    "latent_codes",
    "own_pair_share",
    "pair_components",
    "share_space",
]
