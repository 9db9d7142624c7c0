"""Losses: pure functions and thin modules that own no model and no table."""

from .contrastive_hashing import ContrastiveHashingLoss, contrastive_hashing_logits, contrastive_hashing_loss
from .cross_modal_ranking import CrossModalRankingLoss, cross_modal_ranking_loss
from .max_margin_ranking import MaxMarginRankingLoss, max_margin_ranking_loss
from .quantization import (
    PENALTIES,
    QuantizationLoss,
    cauchy_penalty,
    cubic_penalty,
    l1_penalty,
    l2_penalty,
    log_cosh_penalty,
)

__all__ = [
    "PENALTIES",
    "ContrastiveHashingLoss",
    "CrossModalRankingLoss",
    "MaxMarginRankingLoss",
    "QuantizationLoss",
    "cauchy_penalty",
    "contrastive_hashing_logits",
    "contrastive_hashing_loss",
    "cross_modal_ranking_loss",
    "cubic_penalty",
    "l1_penalty",
    "l2_penalty",
    "log_cosh_penalty",
    "max_margin_ranking_loss",
]
