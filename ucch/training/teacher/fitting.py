"""The stage before hashing: fit the teacher that a recipe names, or find that there had better be none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ... import teachers
from ...data import Items, Pairs, as_pairs
from ...errors import RecipeError
from ...recipe.recipe import Recipe
from .extension import extended_rows

__all__ = ["TeacherStage", "fit_teacher", "takes_teacher"]

_SAMPLE = 2048  # items whose neighbours are compared
_MOST_SPLITS = 8  # of their dimensions, where there are fewer
GUIDED = frozenset({"ucch", "uchm-like"})


def takes_teacher(recipe: Recipe, items: Items | None = None) -> bool:
    """Whether a run by this recipe has a teacher stage; under ``auto`` it may still end without one.

    Args:
        recipe: all choices.
        items: that train; of other views than image and text ``auto`` does without.
    """
    similarity = recipe.teacher.similarity
    if recipe.objective not in GUIDED or similarity == "none":
        return False
    return similarity != "auto" or items is None or isinstance(items, Pairs)


class TeacherStage:
    """Fit a teacher on training pairs, an epoch at a time where it is learnt.

    ``auto`` asks two questions, on at most 2,048 items. Do the modalities agree: are an item's nearest by image its
    nearest by text at least ``teacher.least_lift`` times as often as by chance
    (:func:`~ucch.teachers.neighbor_lift`)? If not, the similarity of one is noise to the other: no teacher. Do items
    come in groups: does the propagated similarity foretell unseen dimensions at least ``teacher.least_gain`` times as
    well as plain cosines (:func:`~ucch.teachers.propagation_gain`)? If so, ``joint-semantics``. If not, an item is more
    than its group and propagation would blur it: ``mie``, which tells pairs apart, as long as the agreement reaches
    ``teacher.mie_least_lift``. The recipe uchm-like always has ``mie``. Labels are not read; nothing here draws from
    the trainer's generator, so that a run without a teacher is the run it was.

    A teacher is fitted in memory, O(n (dx + dy)) numbers of n pairs. Above ``teacher.most_pairs`` pairs it is therefore
    fitted to at most that many, evenly spread, and describes all when it is asked to finish
    (:func:`~ucch.training.teacher.extension.extended_rows`): the stage takes the memory of the n pairs, and 2 N d bytes
    for rows of d numbers in half precision.

    Args:
        recipe: sections ``teacher`` and ``mie``.
        pairs: training pairs.
        device: where a generator trains.

    Attributes:
        kind: ``none``, ``mie`` or ``joint-semantics``, as decided.
        fitted: the pairs that the teacher is fitted to, all or a part.
        image, text: their scaled features, (n, dx) and (n, dy).
        sample: row numbers of the items that are asked about, in image and text.
        lift: agreement of the modalities; see above.
        gain: of propagation, where ``auto`` came to ask for it; else None.
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, device: torch.device | str = "cpu") -> None:
        self.recipe = recipe
        self.pairs, self.fitted = pairs, (pairs := pairs.spread(recipe.teacher.most_pairs))
        step, features = -(-len(pairs) // _SAMPLE), recipe.features
        self.scalers = teachers.item_scalers(
            pairs, image_scaling=features.image_scaling, text_scaling=features.text_scaling
        )
        self.image, self.text = teachers.scaled_items(pairs, self.scalers)
        self.complete = None if pairs.all_complete else torch.from_numpy(pairs.complete_rows)
        self.sample = torch.arange(0, len(pairs), step)
        if self.complete is not None:
            self.sample = self.complete[:: -(-len(self.complete) // _SAMPLE)]
        self.lift = teachers.neighbor_lift(*self._sampled()) if len(self.sample) > 2 else 1.0
        self.gain: float | None = None
        self.kind = self._decided()
        self.mie = self._mie(pairs, device) if self.kind == "mie" else None

    @property
    def _auto(self) -> bool:
        return self.recipe.teacher.similarity == "auto" and self.recipe.objective == "ucch"

    def _decided(self) -> str:
        section = self.recipe.teacher
        if not self._auto:
            return "mie" if section.similarity == "auto" else section.similarity
        if self.lift < section.least_lift:
            return "none"
        self.gain = self.measured_gain()
        if self.gain >= section.least_gain:
            return "joint-semantics"
        return "mie" if self.lift >= section.mie_least_lift and self.complete is None else "none"

    @property
    def sample_rows(self) -> Tensor:
        """Row numbers of the sample among all pairs."""
        return self.sample * -(-len(self.pairs) // len(self.fitted))

    def measured_gain(self) -> float:
        """What propagation gains on unseen dimensions; 0 where a modality has one column and cannot be halved."""
        image, text = self._sampled()
        if min(image.shape[1], text.shape[1]) < 2:
            return 0.0
        n_splits = min(_MOST_SPLITS, max(1, _SAMPLE // len(image)))
        return teachers.propagation_gain(image, text, propagate=self._propagated, n_splits=n_splits)

    def _sampled(self) -> tuple[Tensor, Tensor]:
        return self.image[self.sample], self.text[self.sample]

    @property
    def n_epochs(self) -> int:
        """Epochs of the stage; 0 where the teacher is a closed form."""
        return 0 if self.mie is None else self.mie.n_epochs

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return 0 if self.mie is None else self.mie.epoch

    def train_epoch(self) -> float:
        """Run the next epoch and return its mean loss."""
        assert self.mie is not None
        return self.mie.train_epoch()

    def finished(self, on_rows: Callable[[int, int], None] | None = None) -> teachers.Teacher | None:
        """The teacher, once all epochs are done; None where there had better be none.

        Args:
            on_rows: called with the pairs described and those in all, where the teacher was fitted to a part of them.
        """
        if self.kind == "none":
            return None
        notes = {"lift": self.lift} | ({} if self.gain is None else {"gain": self.gain})
        if self.mie is not None:
            notes |= {"first_loss": self.mie.losses[0], "last_loss": self.mie.losses[-1]}
        if self.fitted is self.pairs:
            return teachers.Teacher(self.kind, self._rows(), notes)
        rows = extended_rows(self.pairs, self._describe(), on_rows=on_rows)
        return teachers.Teacher(self.kind, rows[:2], notes).with_rows(rows)

    def _rows(self) -> Tensor:
        return self._joint(self.image, self.text, self.complete).rows() if self.mie is None else self.mie.rows()

    def _describe(self) -> Callable[[Pairs], Tensor]:
        """What gives rows to any of the pairs."""
        if self.mie is None:
            joint = self._joint(self.image, self.text, self.complete)
            return lambda some: joint.rows_of(*teachers.scaled_items(some, self.scalers))
        mie, bag = self.mie, self.mie.generator.bag

        def described(some: Pairs) -> Tensor:
            image, text = teachers.scaled_items(some, self.scalers)
            return mie.rows_of(image, torch.from_numpy(np.array(some.text, dtype=np.float32)) if bag else text)

        return described

    def _propagated(self, image: Tensor, text: Tensor) -> Tensor:
        return self._joint(image, text).rows()

    def _joint(self, image: Tensor, text: Tensor, complete: Tensor | None = None) -> teachers.JointSemantics:
        section = self.recipe.teacher
        return teachers.JointSemantics(
            image,
            text,
            image_weight=section.teacher_image_weight,
            n_neighbors=section.graph_neighbors or None,
            n_components=section.n_components,
            n_steps=section.n_walks,
            n_anchors=section.n_anchors,
            complete=complete,
            seed=self.recipe.seed,
        )

    def _mie(self, pairs: Pairs, device: torch.device | str) -> teachers.MieTraining:
        section = self.recipe.mie
        bag = _is_bag(pairs) if section.generator_form == "transformer" else False
        text = torch.from_numpy(np.array(pairs.text, dtype=np.float32)) if bag else self.text
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.recipe.seed)
            try:
                generator = teachers.MieGenerator(
                    self.image.shape[1],
                    text.shape[1],
                    n_outputs=section.n_outputs,
                    form=section.generator_form,
                    width=section.generator_width,
                    n_layers=section.generator_layers,
                    n_heads=section.n_heads,
                    token_dropout=section.token_dropout,
                    bag=bag,
                )
            except ValueError as error:
                raise RecipeError(f"recipe section mie: {error}") from error
        weights = teachers.MieWeights(
            view=section.view_weight,
            anchor=section.anchor_weight,
            binary=section.binary_weight,
            balance=section.balance_weight,
            temperature=section.view_temperature,
        )
        return teachers.MieTraining(
            generator,
            self.image,
            text,
            self.text,
            weights=weights,
            image_weight=section.anchor_image_weight,
            n_steps=section.generator_steps,
            batch_size=self.recipe.training.batch_size,
            learning_rate=section.generator_rate,
            seed=self.recipe.seed,
            device=device,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how the stage goes on."""
        return {} if self.mie is None else self.mie.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another stage of the same recipe and pairs stood."""
        if self.mie is not None:
            self.mie.load_state_dict(state)


def fit_teacher(recipe: Recipe, pairs: Items, *, device: torch.device | str = "cpu") -> teachers.Teacher | None:
    """Run the whole stage; None where the recipe has no teacher or ``auto`` decides for none.

    Raises:
        DataError: the recipe asks for one, of other views than image and text.
    """
    if not takes_teacher(recipe, pairs):
        return None
    stage = TeacherStage(recipe, as_pairs(pairs, f"teacher {recipe.teacher.similarity}"), device=device)
    while stage.epoch < stage.n_epochs:
        stage.train_epoch()
    return stage.finished()


def _is_bag(pairs: Pairs) -> bool:
    """Whether texts look like bags of words, one a text: nothing below 0 and mostly zeros."""
    if pairs.image_of_text is not None:
        return False
    head: Tensor = torch.from_numpy(np.array(pairs.text[:_SAMPLE]))
    return bool((head >= 0).all()) and bool((head == 0).double().mean() > 0.5)
