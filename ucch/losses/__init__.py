"""Losses: pure functions and thin modules that own no model and no table."""

from .contrastive_hashing import ContrastiveHashingLoss, contrastive_hashing_logits, contrastive_hashing_loss
from .cross_modal_ranking import CrossModalRankingLoss, cross_modal_ranking_loss
from .label_correlation import LabelCorrelationLoss, label_correlation_loss
from .label_similarity import compact_label_similarity, labels_overlap
from .max_margin_ranking import MaxMarginRankingLoss, max_margin_ranking_loss
from .pairwise_likelihood import PairwiseLikelihoodLoss, pairwise_likelihood_loss
from .quantization import (
    PENALTIES,
    QuantizationLoss,
    cauchy_penalty,
    cubic_penalty,
    l1_penalty,
    l2_penalty,
    log_cosh_penalty,
)
from .ranking_similarities import Among
from .weighted_contrastive import WeightedContrastiveLoss, weighted_contrastive_loss

__all__ = [
    "PENALTIES",
    "Among",
    "ContrastiveHashingLoss",
    "CrossModalRankingLoss",
    "LabelCorrelationLoss",
    "MaxMarginRankingLoss",
    "PairwiseLikelihoodLoss",
    "QuantizationLoss",
    "WeightedContrastiveLoss",
    "cauchy_penalty",
    "compact_label_similarity",
    "contrastive_hashing_logits",
    "contrastive_hashing_loss",
    "cross_modal_ranking_loss",
    "cubic_penalty",
    "l1_penalty",
    "l2_penalty",
    "label_correlation_loss",
    "labels_overlap",
    "log_cosh_penalty",
    "max_margin_ranking_loss",
    "pairwise_likelihood_loss",
    "weighted_contrastive_loss",
]
