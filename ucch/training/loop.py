"""What a run does beside its steps: holds pairs out, keeps the best epoch, watches, and hands a model over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

from ..calibration import PartnerCalibration
from ..collectives import World
from ..data import Items
from ..data.image_of_text import RowNumbers
from ..models import HashModel
from ..recipe.recipe import Recipe
from ..runs.watch import FlipWatch
from ..teachers import Teacher
from . import growing
from .calibrate import calibrated, for_calibration
from .check_views import check_views
from .fine_tuning import FineTuning
from .guarantee import Verdict
from .objectives import Objective
from .table_balance import BalanceWatch
from .trainer import EpochStats, Trainer
from .validation import among_complete, pair_score, split_rows

__all__ = ["TrainingLoop"]


class TrainingLoop:
    """A trainer and everything that decides which model comes of it; :func:`train_run` adds files, the estimator none.

    Args:
        recipe: all choices; with ``training.keep = "best"`` a share of the pairs is held out.
        pairs: of the run.
        device: where to train.
        world: the processes that train together; this process alone by default.
        teacher: of the pairs that train, or what makes it from them, or ``"fit"`` for the one that the recipe asks for;
            None for none as yet.
        fine_tuning: the image encoder, where it trains along.
        objective: a class of one's own, as of :class:`~ucch.training.Trainer`.
        earlier: what an earlier run hands on, where this one goes on from it.

    Attributes:
        trainer: of the pairs that train.
        rows: numbers of those among ``pairs``.
        unseen: numbers of those that no weight is trained on, held out or set aside.
        history: what each epoch did, as plain values.
        best: score, epoch and weights of the best epoch so far, where some pairs are held out.
        query_verdict: what real queries of the model handed over keep with and without their map
            (:func:`~ucch.training.query_map.with_query_map`); None before, and where neighbours are no goal.

    Raises:
        DataError, RecipeError: as :func:`~ucch.training.check_views.check_views` and :class:`~ucch.training.Trainer`.
    """

    def __init__(
        self,
        recipe: Recipe,
        pairs: Items,
        *,
        device: torch.device | str = "cpu",
        world: World | None = None,
        teacher: Callable[[Items], Teacher | None] | Literal["fit"] | None = "fit",
        fine_tuning: FineTuning | None = None,
        objective: type[Objective] | None = None,
        earlier: growing.Earlier | None = None,
    ) -> None:
        check_views(recipe, pairs)
        first = 0 if earlier is None else earlier.replayed
        self.world, self.pairs = world or World(), pairs
        self.rows: RowNumbers = np.arange(len(pairs))
        held_out: RowNumbers | None = None
        if recipe.training.keep == "best":
            self.rows, held_out = among_complete(pairs, partial(split_rows, recipe), first)
        self.held_out = None if held_out is None else pairs.take(held_out)
        unseen = held_out
        if unseen is None:
            own = None if objective is None else objective.__name__
            self.rows, unseen = for_calibration(recipe, pairs, n_processes=self.world.size, own=own, first=first)
        train = pairs.take(self.rows) if len(unseen) else pairs
        options: dict[str, Any] = {"device": device, "world": world, "fine_tuning": fine_tuning, "objective": objective}
        if earlier is None:
            self.trainer: Trainer = Trainer(recipe, train, teacher=teacher, **options)
        else:
            options |= {"earlier": earlier, "replayed": int((self.rows < first).sum())}
            self.trainer = growing.GrowingTrainer(recipe, train, teacher=teacher, **options)
        self.unseen = unseen if len(unseen) else self.rows[self.trainer.held_out]
        self.best: dict[str, Any] = {"score": float("-inf"), "epoch": 0, "model": {}}
        self.history: list[dict[str, Any]] = []
        self.query_verdict: Verdict | None = None
        warmup, n_epochs, bits = recipe.table.warmup_epochs, self.trainer.n_epochs, recipe.bits
        self.watches: tuple[FlipWatch | BalanceWatch, ...] = (
            FlipWatch(n_epochs=n_epochs, n_bits=bits, warmup_epochs=warmup),
            BalanceWatch(n_codes=len(self.rows), n_bits=bits, n_epochs=n_epochs, warmup_epochs=warmup),
        )
        if earlier is not None:
            self.watches = self.watches[1:]  # codes that hardly move are what growing is for

    def train(self, on_warning: Callable[[str], None]) -> HashModel:
        """Run all epochs that are left, and hand the model over."""
        while self.trainer.epoch < self.trainer.n_epochs:
            for text in self.note(self.trainer.train_epoch())[1]:
                on_warning(text)
        return self.finished()

    def note(self, stats: EpochStats) -> tuple[dict[str, Any], list[str]]:
        """Score an epoch and add it to the history; the line that was added, and the warnings due."""
        line: dict[str, Any] = stats.as_dict()
        if self.held_out is not None and self.world.rank == 0:
            model = self.trainer.finished_model()
            line["validation"] = pair_score(model, self.held_out)
            if line["validation"] > self.best["score"]:
                self.best = {"score": line["validation"], "epoch": stats.epoch, "model": model.state_dict()}
        self.history.append(line)
        said = [text for text in (watch.see(line) for watch in self.watches) if text is not None]
        if stats.skipped:
            said.insert(
                0,
                f"{stats.skipped} of {self.trainer.steps_per_epoch} steps of epoch {stats.epoch} were skipped: their"
                " loss or gradient was no finite number",
            )
        return line, said

    def finished(self) -> HashModel:
        """The model of the last epoch, or of the best where pairs are held out, with its query map.

        A map is fitted where neighbours or partners are the goal, since there pairs are set aside to judge it by.
        """
        trainer = self.trainer
        model = trainer.finished_model()
        if self.held_out is not None:
            model.load_state_dict(self.best["model"])
        if len(trainer.held_out):
            from .query_map import with_query_map  # and, with it, the objective and the baselines

            sides = trainer.pairs, trainer.rows, trainer.held_out, trainer.recipe
            model, self.query_verdict = with_query_map(model, *sides, shared=trainer.shares_space)
        return model

    def outcome(self) -> dict[str, Any]:
        """What the codes are for, and what those handed over keep, as plain values."""
        choice, verdict = self.trainer.choice, self.trainer.verdict
        return {
            "goal": choice.goal,
            "reason": choice.reason,
            "start": choice.recipe.model.start,
            "kept": None if verdict is None else verdict.as_dict(),
            **({} if self.query_verdict is None else {"real_query": self.query_verdict.as_dict()}),
            **self._trust(),
        }

    def _trust(self) -> dict[str, Any]:
        trusted = self.trainer.trusted
        if trusted.audit is None:
            return {}
        wrong = trusted.audit.mixture.wrong if trusted.audit.tells else None
        return {"trust": {"wrong_share": wrong, "parted": trusted.parted}}

    def calibration(self, model: HashModel) -> PartnerCalibration | None:
        """What the distances of a finished model mean, learnt from pairs that were set aside for this or otherwise.

        None where there are too few, or where the image encoder trained along, so that features are no longer those
        of the pairs.
        """
        return None if self.trainer.fine_tuning is not None else calibrated(model, self.pairs, self.unseen)

    def resume(self, trainer: Mapping[str, Any], best: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Go on where another loop of the same recipe and pairs stood."""
        self.trainer.load_state_dict(trainer)
        self.best, self.history = best, history
        for line in history:
            for watch in self.watches:
                watch.see(line)
