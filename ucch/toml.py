"""TOML as the standard library reads it, before Python 3.11 as tomli does."""

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["tomllib"]
