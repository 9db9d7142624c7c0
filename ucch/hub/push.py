"""A run folder to the Hub, as one repository that is a run folder again."""

from __future__ import annotations

from pathlib import Path

from ..extraction import read_run_encoders
from ..runs import RunFolder
from .card import model_card
from .hub_files import push_files

__all__ = ["push_run", "run_card"]

FILES = (
    "model.safetensors",
    "recipe.toml",
    "report.json",
    "goal.json",
    "calibration.json",
    "encoders.json",
    "image_encoder.safetensors",
)


def push_run(
    run: str | Path,
    repo_id: str,
    *,
    private: bool | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
) -> str:
    """Write a finished run to the Hub with a card from its report.

    Model, recipe, report, goal, calibration and what is known of the encoders, those that there are; a download of the
    repository is a run folder, to encode and evaluate with. Features, history and checkpoints stay here. The path of a
    local encoder stands in ``encoders.json``.

    Args:
        run: the run folder.
        repo_id: ``owner/name``.
        private, revision, token: as of :func:`push_files`.

    Returns:
        Address of the commit.

    Raises:
        RunError: the run is not finished or damaged, or the Hub refuses or cannot be reached.
        MissingPackageError: huggingface_hub is not installed.
    """
    folder = RunFolder.open(run)
    card, recipe = run_card(run, repo_id), folder.recipe()
    there = {name: folder.path / name for name in FILES if (folder.path / name).is_file()}
    files: dict[str, bytes | Path] = {"README.md": card.encode(), **there}
    message = f"{recipe.name}, {recipe.bits} bits"
    return push_files(repo_id, files, message=message, private=private, revision=revision, token=token)


def run_card(run: str | Path, repo_id: str) -> str:
    """Write the model card of a run, from its report where it has one.

    Args:
        run: the run folder.
        repo_id: what the repository will be called.

    Raises:
        RunError: the run is not finished or damaged.
    """
    folder = RunFolder.open(run)
    model, recipe = folder.model(), folder.recipe()
    encoders = {modality: card.name for modality, card in read_run_encoders(folder.path).items()}
    learnt = f"Learnt by the recipe {recipe.name} {'with' if recipe.supervised else 'without'} labels."
    return model_card(model, repo_id, report=folder.report(), encoders=encoders, learnt=learnt)
