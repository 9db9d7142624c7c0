"""The address of a store, as it may be shown."""

from __future__ import annotations

import re

__all__ = ["is_postgres", "shown"]

_USER = re.compile(r"(://[^:/?#@]*):[^/?#]*@")
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)[^&#]*")


def shown(uri: str) -> str:
    """Replace the password of an address, so that messages and summaries do not spread it.

    Args:
        uri: ``scheme://user:password@host/...``, or with a parameter ``password``.

    Example:
        >>> shown("postgresql://ann:secret@db:5432/photos?sslmode=require")
        'postgresql://ann:***@db:5432/photos?sslmode=require'
    """
    return _PARAMETER.sub(r"\1***", _USER.sub(r"\1:***@", uri))


def is_postgres(uri: str) -> bool:
    """Whether an address is that of a PostgreSQL database."""
    return uri.startswith(("postgresql://", "postgres://"))
