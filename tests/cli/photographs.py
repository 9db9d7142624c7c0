"""Photographs, captions and the options that name them, for tests of commands."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.extraction.kit import IMAGE_SPEC

ENCODERS = ("--image-encoder", IMAGE_SPEC, "--text-encoder", "bow:10")
QUICK = ("--workers", "0", "--device", "cpu")
TEACHER = ("--set", "generator_steps=20", "--set", "generator_width=16")
SHORT = ("--set", "width=16", "--set", "batch_size=8", "--epochs", "2", "--bits", "12", *TEACHER)


def ucch(*arguments: object) -> Result:
    """Call the program as a user types it."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def source(folder: Path) -> tuple[object, ...]:
    """Options that name what :func:`tests.images.kit.write_photographs` wrote under ``folder``."""
    return ("--images", folder / "photos", "--captions", folder / "captions.csv", "--cache", folder / "cache")
