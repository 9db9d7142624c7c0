"""What the scikit-learn estimators share: options, a fit without files, saving and loading."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from .codes import PackedCodes
from .data import Items
from .data.arrays import FeatureArray
from .errors import RunError
from .models import HashModel
from .recipe import Recipe, load_recipe
from .runs.model_recipe import model_recipe
from .training import Objective, TrainingLoop, choose_device, fit_baseline
from .training.calibrate import calibrated, for_calibration

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["HasherBase"]


class HasherBase(BaseEstimator):  # type: ignore[misc]
    """Hold options, learn from items of any views, encode each view; a subclass says how it is called."""

    fit_call: ClassVar[str] = "fit"

    def __init__(
        self,
        n_bits: int = 64,
        *,
        recipe: str | Path | Recipe = "default",
        settings: Sequence[str] = (),
        epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        objective: type[Objective] | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.recipe = recipe
        self.settings = settings
        self.epochs = epochs
        self.seed = seed
        self.device = device
        self.objective = objective

    def encode(self, name: str, features: FeatureArray) -> PackedCodes:
        """Encode features (n, d) of a view into packed codes (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: there was no such view, or the features are not a finite (n, d) matrix.
        """
        return self._fitted().encode(name, features)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the trained model, as safetensors, with its recipe inside.

        Raises:
            NotFittedError: before :meth:`fit`.
            RunError: the file exists and ``overwrite`` is off, or cannot be written.
        """
        model = self._fitted()
        if Path(path).exists() and not overwrite:
            raise RunError(f"{path} exists; pass overwrite=True to replace it")
        model.save(Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that :meth:`save` or ``ucch train`` wrote; no code in the file is run.

        Raises:
            RunError: the file is missing, damaged, or no model of this format.
        """
        model = HashModel.load(Path(path))
        recipe = model_recipe(model)
        hasher = cls(n_bits=model.n_bits, recipe=recipe, seed=recipe.seed)
        hasher._take(model, recipe)
        return hasher

    def _learn(self, recipe: Recipe, items: Items) -> Self:
        """Do what ``ucch train`` does, without its files."""
        if recipe.baseline != "none" and self.objective is None:
            rows, unseen = for_calibration(recipe, items)
            self._take(fit_baseline(recipe, items.take(rows) if len(unseen) else items)[0], recipe)
            self.calibration_ = calibrated(self.model_, items, unseen)
            return self
        return self._trained(TrainingLoop(recipe, items, device=choose_device(self.device), objective=self.objective))

    def _trained(self, loop: TrainingLoop) -> Self:
        """Train, and take what came of it."""
        self._take(loop.train(_warn), loop.trainer.recipe)
        self.outcome_ = loop.outcome()
        self.calibration_ = loop.calibration(self.model_)
        return self

    def _full_recipe(self) -> Recipe:
        """The recipe with the options of the constructor, validated as a whole."""
        settings = [*self.settings, f"bits={self.n_bits}", f"seed={self.seed}"]
        if self.epochs is not None:
            settings.append(f"epochs={self.epochs}")
        return load_recipe(self.recipe, settings)

    def _take(self, model: HashModel, recipe: Recipe) -> None:
        self.model_, self.recipe_ = model, recipe

    def _fitted(self) -> HashModel:
        if not hasattr(self, "model_"):
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call {self.fit_call} or load(path) first"
            )
        return self.model_


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=5)
