"""What the trainer of sentence-transformers does for a code table: move it, save it, take it up again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ..errors import RunError
from ..files import write_atomically
from ..plain_json import one_line
from .hashing_loss import HashingLoss

__all__ = ["TableCallback"]

_FILE, _TOWERS = "code_table.safetensors", "towers."


class TableCallback(TrainerCallback):
    """Move the code table of a :class:`HashingLoss` after each step of their optimizer, and keep it in checkpoints.

    ``code_table.safetensors`` in a checkpoint's folder holds the table, its optimizer's counts, the epoch and the
    generator, so that ``trainer.train(resume_from_checkpoint=True)`` goes on as the run would have. Checkpoints are
    looked for in the trainer's ``output_dir``.

    Args:
        loss: as given to the trainer.

    Raises:
        RunError: at the start of a run that is resumed: the checkpoint has no table, or another one.
    """

    def __init__(self, loss: HashingLoss) -> None:
        self.step = loss.step

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Take up the table of the checkpoint, where there is one."""
        if not state.global_step:
            return
        path = _path(args, state)
        try:
            missing, other = self.step.load_state_dict(load_file(path), strict=False)
        except (OSError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
            raise RunError(f"{path} cannot be taken up as a code table: {one_line(error)}") from error
        lacking = [name for name in missing if not name.startswith(_TOWERS)] + other
        if lacking:
            raise RunError(f"{path} holds another code table: it differs in {', '.join(lacking[:5])}")

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Move the table; batches of a step that a loss scaler skipped wait for the next."""
        if not getattr(given.get("optimizer"), "step_was_skipped", False):
            self.step.after_step()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Write the table beside the model."""
        held = {name: value for name, value in self.step.state_dict().items() if not name.startswith(_TOWERS)}
        write_atomically(_path(args, state), save({name: value.cpu() for name, value in held.items()}))


def _path(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / _FILE
