"""Losses: pure functions and thin modules that own no model and no table."""

from .contrastive_hashing import ContrastiveHashingLoss, contrastive_hashing_logits, contrastive_hashing_loss
from .cross_modal_ranking import CrossModalRankingLoss, cross_modal_ranking_loss
from .max_margin_ranking import MaxMarginRankingLoss, max_margin_ranking_loss

__all__ = [
    "ContrastiveHashingLoss",
    "CrossModalRankingLoss",
    "MaxMarginRankingLoss",
    "contrastive_hashing_logits",
    "contrastive_hashing_loss",
    "cross_modal_ranking_loss",
    "max_margin_ranking_loss",
]
