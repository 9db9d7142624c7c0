"""What a finished run hands on: towers, the codes of its table, and the codes that its items were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ...code_tensors import unpack_tensor
from ...codes import PackedCodes, pack, sign
from ...errors import RunError
from ...models import HashModel
from ...recipe.recipe import Recipe
from ...runs.checkpoint import load_newest, load_state, save_state
from ...runs.model_recipe import model_recipe
from ...runs.run_folder import RunFolder

if TYPE_CHECKING:
    from ..trainer import Trainer

__all__ = ["Earlier"]


@dataclass(frozen=True, eq=False)
class Earlier:
    """What of a run takes part in one that goes on from it.

    Attributes:
        model: as it encodes.
        recipe: as it was settled.
        table: (N, ceil(D/8)) packed codes of its table, a row for each item; none where they are not known.
        objective: state of its objective, by name.
        codes: packed codes that its items were given, ``image`` and ``text``, where the run kept them; else empty.
        replayed: how many of the pairs that train now are its own, at their beginning, with their features.
    """

    model: HashModel
    recipe: Recipe
    table: PackedCodes = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    objective: Mapping[str, Tensor] = field(default_factory=dict)
    codes: Mapping[str, PackedCodes] = field(default_factory=dict)
    replayed: int = 0

    @property
    def n_items(self) -> int:
        """Items of the earlier run that are known, by features or by codes."""
        return self.replayed or len(self.table)

    def table_codes(self) -> Tensor:
        """Codes of the table as ±1 numbers, (N, D) float32."""
        return unpack_tensor(torch.from_numpy(self.table), self.model.n_bits)

    @classmethod
    def of_run(cls, run: RunFolder, *, by_features: bool = False) -> Earlier:
        """Read a finished run.

        Args:
            run: the run; its checkpoint has the table.
            by_features: whether its pairs will train again with their features, which does without the table.

        Raises:
            RunError: it is not finished or damaged, or neither table nor features of its pairs are there.
        """
        model = run.model()
        recipe = model_recipe(model, run.recipe)
        known: dict[str, Any] = {}
        if recipe.source.stream and not by_features:
            raise RunError(
                f"{run.path} was trained on a stream and has no code of its pairs; give features of some with --replay"
            )
        of_pairs = not recipe.source.stream  # what a stream's checkpoint holds is the ring, not a row per pair
        state = load_newest(run.checkpoint_file, run.previous_checkpoint_file) if of_pairs else None
        if state is not None:
            trainer = state["trainer"]
            if trainer.get("own_objective"):
                raise RunError(
                    f"{run.path} was trained by an objective of one's own, {trainer['own_objective']}, and does not go"
                    " on; train on all pairs"
                )
            known = {"table": table_codes(trainer), "objective": objective_state(trainer)}
        elif not by_features and recipe.baseline == "none":
            raise RunError(
                f"{run.path} has no checkpoint, which holds the codes of its pairs; give their features with --replay"
            )
        return cls(model, recipe, codes=run.codes(), **known)

    @classmethod
    def of_trainer(cls, trainer: Trainer, model: HashModel) -> Earlier:
        """What a trainer that is done hands on.

        Args:
            trainer: of one process.
            model: as it was handed over.
        """
        state = trainer.state_dict()
        return cls(model, trainer.recipe, table_codes(state), objective_state(state))

    def save(self, folder: str | Path) -> None:
        """Write model, table and codes into a folder."""
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        self.model.save(folder / "model.safetensors")
        state = {
            "recipe": self.recipe.to_toml(),
            "table": torch.from_numpy(np.array(self.table)),
            "objective": dict(self.objective),
            "codes": {kind: torch.from_numpy(np.array(rows)) for kind, rows in self.codes.items()},
            "replayed": self.replayed,
        }
        save_state(folder / RunFolder.HANDED_ON, state)

    @classmethod
    def load(cls, folder: str | Path) -> Earlier:
        """Read what :meth:`save` wrote; no code in it is run.

        Raises:
            RunError: a file is missing or damaged.
        """
        folder = Path(folder)
        state: dict[str, Any] = load_state(folder / RunFolder.HANDED_ON)
        try:
            return cls(
                HashModel.load(folder / "model.safetensors"),
                Recipe.from_toml(state["recipe"]),
                state["table"].numpy(),
                state["objective"],
                {kind: rows.numpy() for kind, rows in state["codes"].items()},
                state["replayed"],
            )
        except (KeyError, AttributeError, TypeError) as error:
            raise RunError(f"{folder} cannot be read as an earlier run: {error!r}; make the run anew") from error


def table_codes(state: Mapping[str, Any]) -> PackedCodes:
    """Packed codes of the table in a trainer's state."""
    codes: PackedCodes = pack(sign(state["bank"]["latent"]))
    return codes


def objective_state(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """What the objective in a trainer's state has learnt, be it of a run that grew itself or not."""
    return {name.removeprefix("inner."): value for name, value in state.get("objective", {}).items()}
