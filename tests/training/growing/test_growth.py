"""What growing changed."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.growing.made import earlier_run, new_pairs
from tests.training.kit import small_pairs
from ucch.data import Pairs
from ucch.data.joined import joined_pairs
from ucch.models import HashModel
from ucch.training.growing import Earlier, Growth, GrowthCodes

SPENT = {"steps": 15, "steps_of_all": 100, "seconds": 1.0}


def flipped(bit: int) -> HashModel:
    """The earlier model with one bit of images turned round."""
    model = copy.deepcopy(earlier_run().model)
    with torch.no_grad():
        model.image_tower.last.weight[bit] *= -1
        model.image_tower.last.bias[bit] *= -1
    return model


def growth(earlier: Earlier, **options: bool) -> Growth:
    pairs = joined_pairs(small_pairs(), new_pairs()) if earlier.replayed else new_pairs()
    codes = GrowthCodes.of(earlier, flipped(3), pairs)
    return codes.growth(keep_codes=options.get("keep_codes", False), **SPENT)


def test_every_bit_that_changed_is_counted() -> None:
    found = growth(replace(earlier_run(), replayed=100))
    assert found.bits_changed == 100
    assert found.moved == {"image": pytest.approx(1 / 12), "text": 0.0}
    assert (found.earlier_items, found.new_items, found.replayed_by) == (100, 60, "features")
    assert found.earlier_rows == {"image": 100, "text": 100}
    assert "15.0% of those of training on all" in str(found)


def test_kept_codes_do_not_change_though_towers_move() -> None:
    found = growth(replace(earlier_run(), replayed=100), keep_codes=True)
    assert found.bits_changed == 0
    assert found.moved["image"] > 0
    assert str(found).endswith("answer otherwise: 0, their codes are kept")


def test_without_features_new_items_say_how_far_towers_moved() -> None:
    found = growth(earlier_run())
    assert found.moved_of == "new items"
    assert found.moved["image"] == pytest.approx(1 / 12)
    assert found.keep_codes
    assert found.bits_changed == 0


def test_codes_of_all_items_keep_the_earlier_ones_bit_for_bit() -> None:
    earlier, pairs = replace(earlier_run(), replayed=100), joined_pairs(small_pairs(), new_pairs())
    model = flipped(3)
    both = GrowthCodes.of(earlier, model, pairs)
    codes = both.of_all(keep_codes=True)
    assert np.array_equal(codes["image"][:100], earlier.model.encode_image(pairs.image[:100]))
    assert np.array_equal(codes["image"][100:], model.encode_image(pairs.image[100:]))
    again = both.of_all(keep_codes=False)
    assert np.array_equal(again["image"], model.encode_image(pairs.image))


def test_codes_that_an_earlier_run_kept_are_kept_again() -> None:
    kept = {kind: np.full((100, 2), number, np.uint8) for number, kind in enumerate(("image", "text"))}
    earlier, pairs = replace(earlier_run(), codes=kept), new_pairs()
    by_codes = GrowthCodes.of(earlier, flipped(3), pairs).of_all(keep_codes=True)
    assert np.array_equal(by_codes["text"][:100], kept["text"])
    assert len(by_codes["text"]) == 160
    by_features = replace(earlier, replayed=100)
    codes = GrowthCodes.of(by_features, flipped(3), joined_pairs(small_pairs(), pairs)).of_all(keep_codes=True)
    assert np.array_equal(codes["text"], by_codes["text"])


def test_nothing_is_written_where_earlier_codes_are_not_known() -> None:
    assert GrowthCodes.of(earlier_run(), flipped(3), new_pairs()).of_all(keep_codes=True) == {}


@pytest.mark.parametrize("replayed", [0, 100])
def test_each_model_encodes_a_side_once(replayed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier, asked = replace(earlier_run(), replayed=replayed), Counter()
    pairs = joined_pairs(small_pairs(), new_pairs()) if replayed else new_pairs()
    plain = HashModel.encode

    def counted(self: HashModel, name: str, features: np.ndarray) -> np.ndarray:
        asked["earlier" if self is earlier.model else "grown", name, len(features)] += 1
        return plain(self, name, features)

    monkeypatch.setattr(HashModel, "encode", counted)
    codes = GrowthCodes.of(earlier, flipped(3), pairs)
    for keep_codes in (True, False):
        codes.of_all(keep_codes=keep_codes)
        codes.growth(keep_codes=keep_codes, **SPENT)
    sizes = {"earlier": replayed or 60, "grown": replayed + 60}
    assert asked == {(who, kind, size): 1 for who, size in sizes.items() for kind in ("image", "text")}


def test_captions_in_any_order_and_sides_that_are_missing_keep_their_own_codes() -> None:
    """Texts of several captions are not ordered by their images, and an earlier item has no image."""
    old, new = small_pairs(), new_pairs()
    order = np.random.default_rng(0).permutation(200) % 100
    captions = Pairs(old.image, np.asarray(old.text)[order], image_of_text=order, image_seen=np.arange(100) != 5)
    earlier, pairs = replace(earlier_run(), replayed=100), joined_pairs(captions, new)
    model = flipped(3)
    with torch.no_grad():
        model.text_tower.last.bias += 3
    codes = GrowthCodes.of(earlier, model, pairs)
    kept = codes.of_all(keep_codes=True)
    assert np.array_equal(kept["text"][:200], earlier.model.encode_text(captions.text))
    assert np.array_equal(kept["text"][200:], model.encode_text(new.text))
    assert np.array_equal(kept["image"][:99], earlier.model.encode_image(captions.side("image")))
    assert codes.growth(keep_codes=False, **SPENT).earlier_rows == {"image": 99, "text": 200}
