"""Codes inside sentence-transformers: a module that hashes embeddings, and UCCH's losses for their trainer."""

from ..extras import require

require("sentence_transformers", extra="sentence", need="ucch.sentence")

from .hash_head import HashHead  # noqa: E402
from .hashing_loss import HashingLoss  # noqa: E402
from .row_collator import RowCollator  # noqa: E402
from .run_model import sentence_transformer  # noqa: E402
from .table_callback import TableCallback  # noqa: E402

__all__ = ["HashHead", "HashingLoss", "RowCollator", "TableCallback", "sentence_transformer"]
