"""Search among codes: exact and approximate indexes with ids, filters, changes, files and re-ranking."""

from .binary_index import BinaryIndex
from .features import CompactFeatures
from .hits import Hits
from .kinds import KINDS
from .recall import tie_aware_recall
from .tune import Choice, tune

__all__ = ["KINDS", "BinaryIndex", "Choice", "CompactFeatures", "Hits", "tie_aware_recall", "tune"]
