"""Two sets, one behind the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.growing.made import earlier_run, growing, new_pairs
from tests.training.kit import small_pairs
from ucch.data import PairedDataset, Pairs
from ucch.data.joined import joined_dataset, joined_pairs
from ucch.data.npy import map_npy
from ucch.data.row_parts import RowParts
from ucch.errors import DataError
from ucch.training.growing import GrowingTrainer, GrowthCodes


def pairs(n: int, **options: object) -> Pairs:
    return Pairs(np.full((n, 3), float(n)), np.full((n, 2), float(n)), **options)  # type: ignore[arg-type]


def test_rows_of_the_first_come_first() -> None:
    joined = joined_pairs(pairs(2), pairs(3))
    assert joined.image[:, 0].tolist() == [2, 2, 3, 3, 3]
    assert joined.label is None
    assert joined.all_complete


def test_captions_stay_with_their_images() -> None:
    captions = Pairs(np.eye(2, 3), np.ones((5, 2)), image_of_text=np.array([0, 0, 0, 1, 1]))
    joined = joined_pairs(pairs(2), captions)
    assert joined.item_of_text.tolist() == [0, 1, 2, 2, 2, 3, 3]
    assert joined_pairs(captions, pairs(1)).item_of_text.tolist() == [0, 0, 0, 1, 1, 2]


def test_what_is_missing_stays_missing() -> None:
    joined = joined_pairs(pairs(2), pairs(2, text_seen=np.array([True, False])))
    assert joined.seen["text"].tolist() == [True, True, True, False]
    assert joined.seen["image"].all()


def test_labels_need_both_and_as_many_classes() -> None:
    labelled, other = pairs(2, label=np.eye(2, dtype=bool)), pairs(2, label=np.eye(2, 4, dtype=bool))
    assert joined_pairs(labelled, pairs(1)).label is None
    both = joined_pairs(labelled, labelled).label
    assert both is not None
    assert both.shape == (4, 2)
    with pytest.raises(DataError, match="labels of both must have as many classes, got 2 and 4"):
        joined_pairs(labelled, other)


def test_another_width_is_refused() -> None:
    with pytest.raises(DataError, match="image_train must have 3 columns, as the earlier pairs have, got 4"):
        joined_pairs(pairs(2), Pairs(np.ones((1, 4)), np.ones((1, 2)), split="train"))


def test_queries_and_a_database_apart_are_those_of_the_new_set() -> None:
    earlier = PairedDataset("old", train=pairs(2), query=pairs(4))
    new = PairedDataset("new", train=pairs(3), query=pairs(5), database=pairs(6))
    joined = joined_dataset(earlier, new)
    assert (joined.name, len(joined.train), len(joined.query), len(joined.database)) == ("new", 5, 5, 6)
    assert (joined.replayed, new.replayed) == (2, 0)
    assert joined_dataset(earlier, PairedDataset("new", train=pairs(3), query=pairs(5))).database_is_train


@pytest.mark.parametrize("mapped", [(True, True), (True, False), (False, True)])
def test_features_in_files_stay_there(mapped: tuple[bool, bool], tmp_path: Path) -> None:
    both = [small_pairs(30, seed=seed) for seed in (0, 1)]
    there = []
    for number, (some, on_disk) in enumerate(zip(both, mapped, strict=True)):
        views = dict(some.views)
        for name, rows in some.views.items() if on_disk else ():
            np.save(tmp_path / f"{number}-{name}.npy", rows)
            views[name] = map_npy(tmp_path / f"{number}-{name}.npy")
        there.append(Pairs(*views.values(), some.label))
    joined, plain = joined_pairs(*there), joined_pairs(*both)
    assert isinstance(joined.image, RowParts)
    assert [one is two for one, two in zip(joined.image.parts, (there[0].image, there[1].image), strict=True)] == [
        True,
        True,
    ]
    assert isinstance(plain.image, np.ndarray)
    assert joined.digest() == plain.digest()
    assert joined.take([3, 59]).digest() == plain.take([3, 59]).digest()
    again = joined_pairs(joined, there[0])  # of what is in parts already
    assert again.digest() == joined_pairs(plain, both[0]).digest()


def test_features_of_another_type_are_widened(tmp_path: Path) -> None:
    np.save(tmp_path / "half.npy", np.ones((4, 3), np.float16))
    half = Pairs(map_npy(tmp_path / "half.npy"), np.ones((4, 2), np.float32))
    joined = joined_pairs(half, Pairs(np.full((2, 3), 0.1, np.float32), np.ones((2, 2), np.float32)))
    assert (joined.image.dtype, joined.image.shape) == (np.float32, (6, 3))
    assert joined.image[[0, 5]].tolist() == [[1, 1, 1], [np.float32(0.1)] * 3]


def test_towers_train_on_features_that_lie_in_files(tmp_path: Path) -> None:
    pairs = small_pairs(40)
    for name, rows in pairs.views.items():
        np.save(tmp_path / f"{name}.npy", rows)
    mapped = Pairs(*(map_npy(tmp_path / f"{name}.npy") for name in pairs.views))
    recipe = growing("goal=both", "neighbor_batch=32", "hidden_width=8")
    earlier = replace(earlier_run("goal=both", "neighbor_batch=32", "hidden_width=8"), replayed=40)
    found = []
    for first in (mapped, pairs):
        trainer = GrowingTrainer(recipe, joined_pairs(first, new_pairs()), earlier=earlier)
        trainer.train_epoch()
        found.append(GrowthCodes.of(earlier, trainer.finished_model(), trainer.pairs).of_all(keep_codes=True))
    assert all(np.array_equal(found[0][kind], found[1][kind]) for kind in ("image", "text"))
