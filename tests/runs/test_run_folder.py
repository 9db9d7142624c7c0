"""Run folders are never overwritten, and say what is wrong with them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.training.kit import small_recipe
from ucch.errors import RunError
from ucch.runs import RunFolder, free_run_path


def test_a_new_folder_holds_the_recipe(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "deep" / "run", small_recipe())
    assert RunFolder.open(run.path).recipe() == small_recipe()
    assert run.history() == []


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    assert RunFolder.create(tmp_path, small_recipe()).recipe_file.exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", small_recipe())
    with pytest.raises(RunError, match="already holds a run; name another folder with --out, or go on .* --resume"):
        RunFolder.create(tmp_path / "run", small_recipe())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(RunError, match="already holds something else; name another folder with --out$"):
        RunFolder.create(tmp_path / "other", small_recipe())


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run folder: it has no recipe\.toml; ucch train --out makes one"):
        RunFolder.open(tmp_path)


def test_a_damaged_history_is_named(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    run.history_file.write_text('{"epoch": 1')
    with pytest.raises(RunError, match=r"history\.jsonl cannot be read"):
        run.history()


def test_lines_are_added_to_the_history(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    run.write_history([{"epoch": 1}])
    run.append_history({"epoch": 2})
    assert run.history() == [{"epoch": 1}, {"epoch": 2}]
    run.history_file.unlink()
    run.history_file.mkdir()
    with pytest.raises(RunError, match=r"history\.jsonl cannot be written: Is a directory"):
        run.append_history({"epoch": 3})


def test_free_run_path_counts_on(tmp_path: Path) -> None:
    assert free_run_path(tmp_path, "digits-64") == tmp_path / "digits-64"
    (tmp_path / "digits-64").mkdir()
    (tmp_path / "digits-64-2").mkdir()
    assert free_run_path(tmp_path, "digits-64") == tmp_path / "digits-64-3"


def test_the_digest_is_that_of_the_model_file(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    with pytest.raises(RunError, match=r"model\.safetensors cannot be read"):
        run.model_digest()
    run.model_file.write_bytes(b"abc")
    assert run.model_digest().startswith("ba7816bf8f01cfea")


def test_what_a_killed_start_left_does_not_count(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / ".lock").touch()
    (run / ".recipe.toml.4194305.tmp").write_text("half")
    assert RunFolder.create(run, small_recipe()).recipe() == small_recipe()
    assert {entry.name for entry in run.iterdir()} == {".lock", "recipe.toml"}


def test_a_second_process_is_refused_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    ready, go_on = os.pipe()
    child = os.fork()
    if child == 0:
        with run.locked():
            os.write(go_on, b"x")
            signal.pause()
    os.read(ready, 1)
    with pytest.raises(RunError, match="is being trained by another process; wait for it to end"), run.locked():
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with run.locked(), run.locked():
        assert RunFolder.open(run.path).recipe() == small_recipe()


def test_a_history_of_other_things_is_refused(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    run.history_file.write_text("[1]\n")
    with pytest.raises(RunError, match="a line holds no object"):
        run.history()


def test_the_report_is_read_or_named_as_damaged(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    assert run.report() is None
    run.report_file.write_text('{"bits": 64}')
    assert run.report() == {"bits": 64}
    for damaged in ("[1]", "{"):
        run.report_file.write_text(damaged)
        with pytest.raises(RunError, match=r"report\.json cannot be read"):
            run.report()
