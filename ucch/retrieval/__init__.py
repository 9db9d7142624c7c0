"""Search among codes: exact and approximate indexes with ids, filters, changes, files and re-ranking."""

from .binary_index import BinaryIndex
from .features import CompactFeatures
from .hits import Hits
from .kinds import KINDS
from .recall import tie_aware_recall
from .tuning import Choice, Tuned, tune

__all__ = ["KINDS", "BinaryIndex", "Choice", "CompactFeatures", "Hits", "Tuned", "tie_aware_recall", "tune"]
