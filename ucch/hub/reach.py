"""Whether the Hub answers, asked in 1.5 seconds where its library would try for 25."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit
from urllib.request import getproxies

from ..extras import require

__all__ = ["hub_address", "unreachable"]


def hub_address() -> str:
    """Where the Hub is, as its library has it.

    Raises:
        MissingPackageError: huggingface_hub is not installed.
    """
    require("huggingface_hub", extra="hub", need="the hub")
    return str(require("huggingface_hub.constants", extra="hub", need="the hub").ENDPOINT)


def unreachable() -> str:
    """Why the Hub cannot be reached; empty where it can, and behind a proxy, which alone knows the way.

    Raises:
        MissingPackageError: huggingface_hub is not installed.
    """
    address = urlsplit(hub_address())
    if require("huggingface_hub.constants", extra="hub", need="the hub").HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    if getproxies().keys() - {"no"}:
        return ""
    try:
        port = address.port or (80 if address.scheme == "http" else 443)
        socket.create_connection((str(address.hostname), port), timeout=1.5).close()
    except OSError as error:
        return str(error)
    return ""
