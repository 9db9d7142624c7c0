"""Made-up labels: the strongest words, the nearest clusters, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.data import Pairs
from ucch.data.pseudo_labels import cluster_labels, pseudo_labels, tag_labels


def loop_tags(text: np.ndarray, n_tags: int) -> np.ndarray:
    out = np.zeros(text.shape, dtype=bool)
    mean = text.mean(axis=0)
    for i, row in enumerate(text):
        words = [c for c in range(text.shape[1]) if row[c] > 0 and (text[:, c] > 0).sum() > 1]
        for c in sorted(words, key=lambda c: (-row[c] / mean[c], mean[c], c))[:n_tags]:
            out[i, c] = True
    return out


@pytest.mark.parametrize("n_tags", [1, 3, 20])
@pytest.mark.parametrize("binary", [True, False])
def test_tags_equal_a_loop(n_tags: int, binary: bool) -> None:
    rng = np.random.default_rng(0)
    text = rng.poisson(0.4, (60, 15)).astype(np.float32)
    text = (text > 0).astype(np.float32) if binary else text
    text[7] = 0
    assert np.array_equal(tag_labels(text, n_tags), loop_tags(text.astype(np.float64), n_tags))
    assert not tag_labels(text, n_tags)[7].any()


def test_a_word_of_one_text_is_no_tag() -> None:
    text = np.array([[1, 0, 1], [1, 0, 0], [1, 5, 1]])
    assert not tag_labels(text, 3)[:, 1].any()


def test_tags_refuse_what_is_no_bag_of_words() -> None:
    with pytest.raises(
        ValueError,
        match="text_train must hold no negative weight to take tags from it, got -1.5; features that are not",
    ):
        tag_labels(np.array([[1.0, -1.5], [0.5, 0.2]]), name="text_train")
    with pytest.raises(
        ValueError, match="text has no word that two rows share, so no tag relates anything; use kmeans"
    ):
        tag_labels(np.eye(4))


def clustered_pairs(n_each: int = 40) -> tuple[Pairs, np.ndarray]:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(4), n_each)
    image = 10 * np.eye(4, 6)[group] + 0.1 * rng.normal(size=(4 * n_each, 6))
    text = 3 * np.eye(4, 5)[group] + 0.1 * rng.normal(size=(4 * n_each, 5))
    return Pairs(image, text), group


def test_clusters_find_groups_that_are_there() -> None:
    pairs, group = clustered_pairs()
    label = cluster_labels(pairs, 4, 1)
    assert label.sum(axis=1).tolist() == [1] * len(pairs)
    for one in range(4):
        assert len(np.unique(label[group == one].argmax(axis=1))) == 1
    assert len(np.unique(label.argmax(axis=1))) == 4


def test_clusters_set_the_asked_number_and_follow_the_seed() -> None:
    pairs, _ = clustered_pairs()
    label = cluster_labels(pairs, 9, 3, seed=1)
    assert label.shape == (160, 9)
    assert (label.sum(axis=1) == 3).all()
    assert np.array_equal(label, cluster_labels(pairs, 9, 3, seed=1))


def test_clusters_refuse_numbers_that_cannot_be() -> None:
    pairs, _ = clustered_pairs()
    with pytest.raises(ValueError, match=r"n_nearest must lie in \[1, n_clusters - 1\], got 4 with 4 clusters"):
        cluster_labels(pairs, 4, 4)
    with pytest.raises(ValueError, match="n_clusters must be at most a quarter of the 160 pairs, got 41"):
        cluster_labels(pairs, 41)


def test_by_name_and_without_reading_labels() -> None:
    pairs, _ = clustered_pairs()
    pairs = Pairs(pairs.image, np.abs(pairs.text))
    labelled = Pairs(pairs.image, pairs.text, np.ones((160, 2), dtype=bool))
    assert np.array_equal(pseudo_labels(pairs, "tags", n_tags=2), tag_labels(pairs.text, 2))
    for kind in ("tags", "kmeans"):
        ours, theirs = (pseudo_labels(p, kind, n_clusters=8) for p in (pairs, labelled))
        assert np.array_equal(ours, theirs)
    with pytest.raises(ValueError, match="kind must be one of kmeans, tags, got 'lda'"):
        pseudo_labels(pairs, "lda")


def test_of_several_texts_the_mean_counts() -> None:
    rng = np.random.default_rng(0)
    text, image_of_text = rng.poisson(1.0, (60, 8)).astype(np.float32), np.repeat(np.arange(20), 3)
    image = rng.normal(size=(20, 4))
    mean = np.stack([text[image_of_text == i].mean(axis=0) for i in range(20)])
    captions, single = Pairs(image, text, image_of_text=image_of_text), Pairs(image, mean)
    for kind in ("tags", "kmeans"):
        ours, theirs = (pseudo_labels(pairs, kind, n_clusters=5) for pairs in (captions, single))
        assert np.array_equal(ours, theirs)
