"""Leaderboards: many methods on many data sets under one protocol, beside what papers print."""

from .board import Board, BoardCell, load_board
from .measured import measured_cell
from .papers import PaperRow, PaperTable, paper_tables
from .rows import make_row, recipe_digest
from .run import run_board

__all__ = [
    "Board",
    "BoardCell",
    "PaperRow",
    "PaperTable",
    "load_board",
    "make_row",
    "measured_cell",
    "paper_tables",
    "recipe_digest",
    "run_board",
]
