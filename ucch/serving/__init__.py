"""Search over HTTP: a JSON API and one page; the application is in :mod:`ucch.serving.app`, which needs FastAPI."""

from .pictures import Pictures
from .query_encoder import QueryEncoder
from .service import SearchService

__all__ = ["Pictures", "QueryEncoder", "SearchService"]
