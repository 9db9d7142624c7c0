from .beir import evaluate_beir, measure_beir
from .comparison import compare_runs
from .compression import Keeping, compression_of_model
from .encoded_dataset import EncodedDataset, encode_dataset
from .evaluate import evaluate, measure
from .foreign import CodeFiles, evaluate_files
from .html import html_report
from .plots import write_plots
from .run_report import RunEvaluation, evaluate_run, measure_run, write_run_report
from .table import (
    as_csv,
    as_latex,
    comparison_rows,
    compression_rows,
    compression_text,
    directions_in,
    marked,
    report_rows,
)
from .teacher_report import draw_teacher, judge, teacher_report

__all__ = [
    "CodeFiles",
    "EncodedDataset",
    "Keeping",
    "RunEvaluation",
    "as_csv",
    "as_latex",
    "compare_runs",
    "comparison_rows",
    "compression_of_model",
    "compression_rows",
    "compression_text",
    "directions_in",
    "draw_teacher",
    "encode_dataset",
    "evaluate",
    "evaluate_beir",
    "evaluate_files",
    "evaluate_run",
    "html_report",
    "judge",
    "marked",
    "measure",
    "measure_beir",
    "measure_run",
    "report_rows",
    "teacher_report",
    "write_plots",
    "write_run_report",
]
