"""What a user calls with a path takes a string as well: every parameter of every public callable, by its annotation."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import ucch

MADE_HERE = {  # fields that hold a Path and stay so: users read them, and only the named function fills them
    "BadFile(path)": "encode_images",
    "DecodedImage(path)": "ImagePool",
    "ImageSource(path)": "open_images",
    "ImageSource(items)": "open_images",
    "TableColumn(path)": "open_column",
    "TableColumn(parts)": "open_column",
}


def is_bare(said: ast.AST) -> bool:
    """Whether an annotation has a ``Path`` with no ``str`` beside it; what a callback is given does not count."""
    if isinstance(said, ast.Subscript) and ast.unparse(said.value) == "Callable":
        return False
    if isinstance(said, ast.BinOp):
        sides = set(map(ast.unparse, choices(said)))
        return ("Path" in sides and "str" not in sides) or any(
            is_bare(one) for one in choices(said) if not isinstance(one, ast.Name)
        )
    return (isinstance(said, ast.Name) and said.id == "Path") or any(map(is_bare, ast.iter_child_nodes(said)))


def choices(said: ast.AST) -> list[ast.AST]:
    """The members of a union."""
    return [*choices(said.left), *choices(said.right)] if isinstance(said, ast.BinOp) else [said]


def public_callables() -> Iterator[tuple[str, Any]]:
    """Functions, constructors and methods of every package's ``__all__`` that are ours, by name."""
    names = ["ucch", *(one.name for one in pkgutil.walk_packages(ucch.__path__, "ucch.") if one.ispkg)]
    for package in map(importlib.import_module, [one for one in names if not one.startswith("ucch.cli")]):
        for name in getattr(package, "__all__", []):
            try:
                found = getattr(package, name)
            except ImportError:  # of an extra that is not installed
                continue
            if inspect.isclass(found):
                yield name, found
                methods = {one: getattr(found, one) for one in dir(found) if not one.startswith("_")}
                yield from ((f"{name}.{one}", method) for one, method in methods.items() if callable(method))
            elif inspect.isfunction(found):
                yield name, found


def parameters() -> Iterator[tuple[str, str]]:
    """Every parameter of ours as ``callable(parameter)``, with its annotation."""
    for name, one in public_callables():
        if (getattr(one, "__module__", None) or "").startswith("ucch."):
            try:
                signature = inspect.signature(one)
            except (ValueError, TypeError):  # a class without a constructor of its own
                continue
            for parameter in signature.parameters.values():
                if isinstance(parameter.annotation, str):
                    yield f"{name}({parameter.name})", parameter.annotation


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        *(
            (said, True)
            for said in ("Path", "Path | None", "Sequence[Path | StoredImage]", "Mapping[str, bytes | Path]")
        ),
        *((said, True) for said in ("tuple[tuple[Path, str], ...]", "str | Sequence[Path]", "list[Path] | None")),
        *((said, False) for said in ("str | Path", "None | Path | str", "Sequence[str | Path]", "str", "PathKind")),
        ("Callable[[DatasetEntry, Path], PairedDataset]", False),
    ],
)
def test_a_bare_path_is_told_from_one_with_a_string(said: str, bare: bool) -> None:
    assert is_bare(ast.parse(said, mode="eval").body) is bare


def test_what_takes_a_path_takes_a_string() -> None:
    found = dict(parameters())
    with_path = {name for name, said in found.items() if "Path" in said}
    assert {"HashModel.save(path)", "open_images(path)", "RunFolder(path)", "CodeFiles(query_codes)"} <= with_path
    assert len(with_path) > 90
    bare = {name for name in with_path if is_bare(ast.parse(found[name], mode="eval").body)}
    assert bare - set(MADE_HERE) == set(), "give these parameters str | Path, and convert at the door"
    assert set(MADE_HERE) - bare == set(), "these are no longer a bare Path"
