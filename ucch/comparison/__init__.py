"""Comparisons: optimizers one choice apart, other methods on the same data and protocol."""

from .cells import Cell, Plan, method_label, parse_grid
from .compare import compare
from .curves import plot_curves
from .summary import markdown_table, summarize

__all__ = ["Cell", "Plan", "compare", "markdown_table", "method_label", "parse_grid", "plot_curves", "summarize"]
