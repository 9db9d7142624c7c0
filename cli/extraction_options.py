"""Options of the commands that turn photographs and captions into features."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .grouped import recipe_option
from .paths import InputPath

__all__ = [
    "ENCODING",
    "SOURCE",
    "cache_folder",
    "encoding_options",
    "import_from_here",
    "source_options",
    "worker_count",
]

Command = TypeVar("Command", bound=Callable[..., Any])

# what the two groups below are called as parameters of a command
SOURCE = (
    "images",
    "captions",
    "encoding",
    "image_encoder",
    "text_encoder",
    "query_share",
    "split_seed",
    "group_near",
    "max_bad",
)
ENCODING = ("workers", "batch_size", "cache")


def source_options(*, required: bool) -> Callable[[Command], Command]:
    """What is encoded, by what, and how it is split."""
    path = InputPath()
    return _all(
        recipe_option(
            "--images",
            key="source.images",
            metavar="PATH",
            type=path,
            required=required,
            help="Photographs: a folder, .tar shards, a table.",
        ),
        recipe_option(
            "--captions",
            key="source.captions",
            metavar="PATH",
            type=path,
            help="CSV, TSV, JSON, Parquet, a token file, or a folder of texts.  [default: with the images]",
        ),
        recipe_option(
            "--encoding",
            key="source.encoding",
            metavar="NAME",
            help="Of the captions.  [default: UTF-8, or as their mark says]",
        ),
        recipe_option(
            "--image-encoder",
            key="source.image_encoder",
            metavar="NAME[:ARG]",
            required=required,
            help="clip[:FOLDER], efficientnet-lite0, vgg19[:WEIGHTS], or module:Class of your own.",
        ),
        recipe_option(
            "--text-encoder",
            key="source.text_encoder",
            metavar="NAME[:ARG]",
            required=required,
            help="clip[:FOLDER], minilm, sentence[:FOLDER], bow[:WORDS[,tfidf]], efficientnet-lite0, or module:Class of"
            " your own.",
        ),
        recipe_option(
            "--query-share",
            key="source.query_share",
            type=click.FloatRange(0, 1, True, True),
            help="Share of queries.",
        ),
        recipe_option(
            "--split-seed",
            key="source.split_seed",
            type=click.IntRange(0),
            help="Decides which images are queries.",
        ),
        recipe_option(
            "--group-near",
            key="source.group_near",
            is_flag=True,
            help="Keep pictures that look alike, re-encoded or resized, on one side of the split.",
        ),
        recipe_option(
            "--max-bad",
            key="source.max_bad",
            type=click.FloatRange(0, 1),
            help="Share of the images that may be broken.",
        ),
    )


def encoding_options(command: Command) -> Command:
    """How encoding runs; changes no result."""
    return _all(
        click.option("--workers", type=click.IntRange(0), help="Processes that decode images.  [default: all but one]"),
        click.option(
            "--encode-batch",
            "batch_size",
            type=click.IntRange(1),
            default=64,
            show_default=True,
            help="Inputs encoded at a time.",
        ),
        click.option(
            "--cache",
            metavar="DIR|none",
            help="Where features are kept, so that a stopped run goes on.  [default: ~/.cache/ucch]",
        ),
    )(command)


def cache_folder(choice: str | None) -> Path | None:
    """The folder that ``--cache`` means; None for ``none``."""
    from ucch.extraction import default_cache_folder

    if choice == "none":
        return None
    return Path(choice) if choice else default_cache_folder()


def worker_count(choice: int | None) -> int:
    """The number that ``--workers`` means."""
    from ucch.images import default_workers

    return default_workers() if choice is None else choice


def import_from_here() -> None:
    """Let ``module:Class`` name a file in the current folder, as ``python -m`` would."""
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())


def _all(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
