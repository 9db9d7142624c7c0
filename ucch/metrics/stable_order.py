"""Average precision with ties broken by database index, in two passes over the codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, hamming_distance
from .average_precision import Denominator, NoRelevant
