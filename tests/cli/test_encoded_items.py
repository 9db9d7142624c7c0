"""Items of a picture and its texts: which have one side only, and their codes."""

from __future__ import annotations

import numpy as np
from ucch.cli.encoded_items import EncodedItems

from tests.training.kit import small_pairs, small_recipe
from ucch.data.left_out import LeftOut
from ucch.training import Trainer


def test_who_lacks_a_side_has_the_code_of_the_other() -> None:
    pairs = small_pairs(4)
    model = Trainer(small_recipe(), small_pairs()).model.eval()
    image = np.array(pairs.image, dtype=np.float32)
    image[3] = 0
    items = EncodedItems(image, np.asarray(pairs.text)[:3], np.array([0, 3, 0]), 3, list("abcd"), [], LeftOut())
    assert items.one_sided == {"images_without_text": 2, "texts_without_image": 1}
    codes = items.codes(model)
    np.testing.assert_array_equal(codes[1:3], model.encode_image(image[1:3]))
    np.testing.assert_array_equal(codes[3], model.encode_text(pairs.text[1:2])[0])
    whole = model.encode_item(image, np.asarray(pairs.text)[:3], image_of_text=items.item_of_text)
    np.testing.assert_array_equal(codes[0], whole[0])
