"""Comparisons of optimizers: same towers, losses, data and protocol, one choice apart."""

from .cells import Cell, Plan, parse_grid
from .compare import compare
from .curves import plot_curves
from .summary import markdown_table, summarize

__all__ = ["Cell", "Plan", "compare", "markdown_table", "parse_grid", "plot_curves", "summarize"]
