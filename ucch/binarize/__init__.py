"""How a real output becomes a query for a code."""

from .tanh import TanhQuery, tanh_query

__all__ = ["TanhQuery", "tanh_query"]
