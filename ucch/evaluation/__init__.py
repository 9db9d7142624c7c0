"""Evaluation of models: reports and pictures."""

from .evaluate import EncodedDataset, encode_dataset, evaluate
from .plots import plot_precision_recall
from .run_report import evaluate_run

__all__ = ["EncodedDataset", "encode_dataset", "evaluate", "evaluate_run", "plot_precision_recall"]
