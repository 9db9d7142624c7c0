"""Evaluation of models and of anybody's codes: reports, comparisons and pictures."""

from .comparison import compare_runs
from .evaluate import EncodedDataset, encode_dataset, evaluate, measure
from .foreign import CodeFiles, evaluate_files
from .html import html_report
from .plots import write_plots
from .run_report import RunEvaluation, evaluate_run, measure_run, write_run_report
from .table import as_csv, as_latex, comparison_rows, report_rows

__all__ = [
    "CodeFiles",
    "EncodedDataset",
    "RunEvaluation",
    "as_csv",
    "as_latex",
    "compare_runs",
    "comparison_rows",
    "encode_dataset",
    "evaluate",
    "evaluate_files",
    "evaluate_run",
    "html_report",
    "measure",
    "measure_run",
    "report_rows",
    "write_plots",
    "write_run_report",
]
