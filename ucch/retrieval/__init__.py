"""Search among codes: exact and approximate indexes with ids, filters, changes, files and re-ranking."""

from .binary_index import BinaryIndex
from .features import CompactFeatures
from .hits import Hits
from .kinds import KINDS
from .near_duplicates import NearDuplicates, near_duplicates
from .recall import tie_aware_recall
from .tuning import Choice, Tuned, tune

__all__ = [
    "KINDS",
    "BinaryIndex",
    "Choice",
    "CompactFeatures",
    "Hits",
    "NearDuplicates",
    "Tuned",
    "near_duplicates",
    "tie_aware_recall",
    "tune",
]
