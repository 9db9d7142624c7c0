"""Options of the commands that encode."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from ucch.cli.extraction_options import (
    ENCODING,
    SOURCE,
    cache_folder,
    encoding_options,
    import_from_here,
    source_options,
    worker_count,
)

from ucch.encoders import IMAGE_ENCODERS, TEXT_ENCODERS


@pytest.mark.parametrize("required", [True, False])
def test_the_groups_have_the_parameters_they_are_named_by(required: bool) -> None:
    @click.command
    @source_options(required=required)
    @encoding_options
    def command(**choices: object) -> None:
        """Do nothing."""

    assert tuple(parameter.name for parameter in command.params) == (*SOURCE, *ENCODING)
    assert CliRunner().invoke(command).exit_code == (2 if required else 0)


def test_the_help_names_every_encoder_there_is() -> None:
    @click.command
    @source_options(required=False)
    def command(**choices: object) -> None:
        """Do nothing."""

    helps = {parameter.name: parameter.help for parameter in command.params if isinstance(parameter, click.Option)}
    for option, known in (("image_encoder", IMAGE_ENCODERS), ("text_encoder", TEXT_ENCODERS)):
        named = set(re.findall(r"[\w-]+", helps[option] or ""))
        assert set(known) - {"features"} <= named  # features are rows that exist already


def test_the_cache_may_be_left_out_or_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder(None) == Path("/somewhere/ucch")
    assert cache_folder("none") is None
    assert cache_folder("here") == Path("here")


def test_workers_are_counted_where_none_are_named() -> None:
    assert worker_count(0) == 0
    assert worker_count(None) >= 1


def test_modules_of_the_current_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    import_from_here()
    import_from_here()
    assert sys.path.count(str(tmp_path)) == 1
    assert sys.path[-1] == str(tmp_path)
