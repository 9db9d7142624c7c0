"""What cannot be trained as a stream."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.errors import DataError, RecipeError
from ucch.recipe import Recipe
from ucch.training.check_stream import check_shard, check_stream


def recipe(*settings: str) -> Recipe:
    return small_recipe("epochs=auto", "similarity=none", "n_negatives=64", *settings)


def test_what_can_be_is_settled_for_its_goal() -> None:
    choice = check_stream(recipe(), small_pairs(60))
    assert (choice.goal, choice.recipe.goal, choice.recipe.model.start) == ("categories", "categories", "random")
    assert check_stream(recipe("one_sided=drop"), small_pairs(60)).goal == "categories"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("epochs=3", "training.epochs must be auto in a stream, got 3"),
        ("epoch_steps=9", "training.epoch_steps must be None in a stream, got 9"),
        ("calibrate=true", "training.calibrate must be False in a stream, got True"),
        ("trust=auto", "pairs.trust must be none in a stream, got 'auto'"),
        ("one_sided=keep", "pairs.one_sided must be refuse or drop in a stream, got 'keep'"),
        ("negatives=per_anchor", "table.negatives must be shared in a stream, got 'per_anchor'"),
        ("baseline=itq", "baseline must be none in a stream, got 'itq'"),
        ("objective=cirh", "objective must be ucch or neighbors in a stream, got 'cirh'"),
    ],
)
def test_a_second_pass_and_a_row_per_pair_are_refused_with_the_way_out(setting: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_stream(recipe(setting), small_pairs(60))
    assert said in str(caught.value)
    assert str(caught.value).endswith("leave it out, or train on all pairs by --data")


def test_the_ring_holds_the_batch_that_the_goal_asks_for() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
    with pytest.raises(RecipeError, match="must hold a batch of 200, got 64"):
        check_stream(recipe("goal=both", "batch_size=256", "neighbor_batch=200"), Pairs(rows, rows + 0.1))


def test_a_shard_needs_so_many_pairs_and_both_sides() -> None:
    pairs = small_pairs(20)
    check_shard(pairs, 20)
    with pytest.raises(DataError, match="a batch of 21 pairs, got 20; make shards larger"):
        check_shard(pairs, 21)
    with pytest.raises(DataError, match=r"leave the others out with pairs\.complete\(\)"):
        check_shard(Pairs(pairs.image, pairs.text, text_seen=np.arange(20) > 3), 1)
