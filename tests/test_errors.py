"""The error family."""

from __future__ import annotations

import pytest

from ucch.errors import DataError, IndexFileError, RecipeError, RunError, StoreError, UcchError


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (DataError, ValueError),
        (IndexFileError, RuntimeError),
        (RecipeError, ValueError),
        (RunError, RuntimeError),
        (StoreError, RuntimeError),
    ],
)
def test_every_error_is_ours_and_a_builtin(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, UcchError)
    assert issubclass(kind, builtin)
