"""The table moves, is saved with their checkpoints, and a resumed run ends where the other did."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
pytest.importorskip("datasets", reason="pip install 'ucch[sentence]'")
from tests.sentence.kit import SENTENCES, quiet
from tests.sentence.test_hashing_loss import batches, trainer
from ucch.errors import RunError
from ucch.sentence import TableCallback

pytestmark = quiet


@pytest.mark.slow
def test_a_resumed_run_ends_where_the_other_did(tmp_path: Path) -> None:
    saving = {"save_strategy": "epoch"}
    whole = trainer(tmp_path / "whole", epochs=3, **saving)
    whole.train()
    cut = trainer(tmp_path / "cut", epochs=2, **saving)
    cut.train()
    again = trainer(tmp_path / "cut", epochs=3, **saving)
    again.train(resume_from_checkpoint=True)
    state = whole.loss.step.state_dict()
    assert again.loss.step.state_dict().keys() == state.keys()
    for name, value in again.loss.step.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0, msg=name)
    assert (whole.model.encode(SENTENCES) == again.model.encode(SENTENCES)).all()
    names = {path.name for path in (tmp_path / "whole" / "checkpoint-4").iterdir()}
    assert {"code_table.safetensors", "modules.json"} <= names


def test_a_checkpoint_without_a_table_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path, epochs=1, save_strategy="epoch").train()
    table = tmp_path / "checkpoint-4" / "code_table.safetensors"
    table.write_bytes(b"nothing")
    with pytest.raises(RunError, match="cannot be taken up as a code table"):
        trainer(tmp_path, epochs=2).train(resume_from_checkpoint=True)
    table.unlink()
    with pytest.raises(RunError, match="cannot be taken up as a code table"):
        trainer(tmp_path, epochs=2).train(resume_from_checkpoint=True)


def test_a_skipped_step_waits_for_the_next(tmp_path: Path) -> None:
    theirs = trainer(tmp_path)
    loss = theirs.loss
    callback = TableCallback(loss)
    where = (theirs.args, theirs.state, theirs.control)
    for skipped, rows in ((True, 0), (False, 4)):
        loss(*batches(theirs.model.train(), [1, 2] if skipped else [5, 6]))
        callback.on_optimizer_step(*where, optimizer=SimpleNamespace(step_was_skipped=skipped))
        assert loss.step.strategy.moved()["rows"] == rows
