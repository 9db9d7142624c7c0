from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ucch.codes import pack
from ucch.metrics import DistanceHistograms, distance_histograms

CODES = np.zeros((3, 2), np.uint8)


def loop(case, n_levels):
    table = np.zeros((len(case.query_bits), case.n_bits + 1, n_levels), np.int64)
    for query in range(len(case.query_bits)):
        for item in range(len(case.database_bits)):
            table[query, case.distances[query, item], case.gains[query, item]] += 1
    return table


@given(
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.integers(1, 40),
    st.sampled_from([1, 3, 8, 13, 64, 65, 128, 200, 513]),
    st.sampled_from([1, 2, 8, 9, 17, 33, 64, 65, 300]),
)
def test_counts_equal_a_loop_over_pairs(case, seed, n_queries, n_items, n_bits, n_labels):
    drawn = case(seed, n_queries=n_queries, n_items=n_items, n_bits=n_bits, n_labels=n_labels)
    expected = loop(drawn, n_labels + 1)
    plain, graded = drawn.histograms(), drawn.histograms(graded=True)
    for histograms in (plain, graded):
        np.testing.assert_array_equal(histograms.counts, expected.sum(axis=2))
        np.testing.assert_array_equal(histograms.relevant, expected[:, :, 1:].sum(axis=2))
    assert plain.gains is None
    np.testing.assert_array_equal(graded.gains, expected[:, :, : graded.gains.shape[2]])
    assert not expected[:, :, graded.gains.shape[2] :].any()


@given(st.integers(0, 10**6), st.integers(1, 400))
def test_class_numbers_count_as_their_one_hot_rows(seed, n_classes):
    generator = np.random.default_rng(seed)
    query_codes, codes = (generator.integers(0, 256, (rows, 3), dtype=np.uint8) for rows in (4, 50))
    query, database = generator.integers(0, n_classes, 4), generator.integers(0, n_classes, 50)
    one_hot = np.eye(n_classes, dtype=bool)
    by_number = distance_histograms(query_codes, codes, query, database, 24)
    by_row = distance_histograms(query_codes, codes, one_hot[query], one_hot[database], 24)
    np.testing.assert_array_equal(by_number.counts, by_row.counts)
    np.testing.assert_array_equal(by_number.relevant, by_row.relevant)


@given(st.integers(0, 10**6))
def test_the_order_of_items_and_of_bits_does_not_matter(case, seed):
    drawn = case(seed, n_queries=3, n_items=30, n_bits=21)
    generator = np.random.default_rng(seed)
    items, bits = generator.permutation(30), generator.permutation(21)
    moved = distance_histograms(
        pack(drawn.query_bits[:, bits]),
        pack(drawn.database_bits[items][:, bits]),
        drawn.query_labels,
        drawn.database_labels[items],
        21,
    )
    straight = drawn.histograms()
    np.testing.assert_array_equal(moved.counts, straight.counts)
    np.testing.assert_array_equal(moved.relevant, straight.relevant)


@given(st.integers(0, 10**6), st.integers(1, 29), st.booleans())
def test_histograms_of_two_shards_add_up_to_the_whole(case, seed, cut, graded):
    query_codes, codes, query_labels, labels, n_bits = case(seed, n_items=30, n_bits=10).arguments()
    whole = distance_histograms(query_codes, codes, query_labels, labels, n_bits, graded=graded)
    first, second = (
        distance_histograms(query_codes, codes[part], query_labels, labels[part], n_bits, graded=graded)
        for part in (slice(cut), slice(cut, None))
    )
    total = first + second
    np.testing.assert_array_equal(total.counts, whole.counts)
    np.testing.assert_array_equal(total.relevant, whole.relevant)
    if graded:
        np.testing.assert_array_equal(total.gains, whole.gains)


def test_blocks_tiles_and_threads_do_not_change_the_counts(case, monkeypatch):
    drawn = case(3, n_queries=7, n_items=500, n_bits=70)
    straight = drawn.histograms(graded=True)
    monkeypatch.setattr("ucch.metrics.histograms._BLOCK", 90)
    monkeypatch.setattr("ucch.metrics._counting._CHUNK", 32)
    monkeypatch.setattr("ucch.metrics._counting._CELLS", 64)
    monkeypatch.setattr("ucch.metrics._counting._WORTH_A_THREAD", 1)
    monkeypatch.setattr("ucch.metrics._counting._cores", lambda: 3)
    cut_up = drawn.histograms(graded=True)
    np.testing.assert_array_equal(cut_up.gains, straight.gains)


def test_memory_mapped_codes_are_read_as_they_are(case, tmp_path):
    query_codes, codes, query_labels, labels, n_bits = case(8, n_items=20, n_bits=9).arguments()
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    np.testing.assert_array_equal(
        distance_histograms(query_codes, mapped, query_labels, labels, n_bits).relevant,
        distance_histograms(query_codes, codes, query_labels, labels, n_bits).relevant,
    )


def test_sizes_are_told(case):
    histograms = case(1, n_queries=4, n_items=9, n_bits=5).histograms()
    assert (histograms.n_queries, histograms.n_items, histograms.n_bits) == (4, 9, 5)
    np.testing.assert_array_equal(histograms.n_relevant, histograms.relevant.sum(axis=1))


def test_histograms_of_other_queries_do_not_add_up():
    plain = DistanceHistograms(np.ones((2, 3), np.int64), np.ones((2, 3), np.int64))
    graded = DistanceHistograms(plain.counts, plain.relevant, np.ones((2, 3, 2), np.int64))
    with pytest.raises(
        ValueError, match=r"got 2 queries of 2 bits with no gains and 2 queries of 2 bits with gains 0..1"
    ):
        plain + graded
    with pytest.raises(
        ValueError, match=r"got 2 queries of 2 bits with no gains and 1 queries of 2 bits with no gains"
    ):
        plain + DistanceHistograms(plain.counts[:1], plain.relevant[:1])


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            (CODES, CODES, [0, 1], [0, 1, 2], 16),
            ValueError,
            "query_codes and query_labels must have the same number of rows, got 3 and 2",
        ),
        (
            (CODES, CODES, [0, 1, 2], [0, 1], 16),
            ValueError,
            "database_codes and database_labels must have the same number of rows, got 3 and 2",
        ),
        (
            (CODES, CODES, np.eye(3), np.eye(3, 4), 16),
            ValueError,
            "query_labels and database_labels must be of one kind and width, got multi-hot rows of 3 labels and"
            " multi-hot rows of 4 labels",
        ),
        (
            (CODES, CODES, [0, 1, 2], np.eye(3), 16),
            ValueError,
            "got class numbers and multi-hot rows of 3 labels",
        ),
        (
            (CODES.astype(np.float32), CODES, [0, 1, 2], [0, 1, 2], 16),
            TypeError,
            "query_codes must be packed uint8, got float32; pack codes with ucch.codes.pack",
        ),
        (
            (CODES, np.zeros((3, 16), np.uint8), [0, 1, 2], [0, 1, 2], 16),
            ValueError,
            r"database_codes must be 2 bytes wide for 16 bits, got shape \(3, 16\)",
        ),
        (
            (CODES[0], CODES, [0, 1], [0, 1, 2], 16),
            ValueError,
            r"query_codes must be rows of packed codes, got shape \(2,\)",
        ),
        (
            (CODES, CODES + 1, [0, 1, 2], [0, 1, 2], 12),
            ValueError,
            "database_codes must have zero padding bits after bit 12, got set ones; is n_bits right",
        ),
        (
            (CODES, CODES, [0, 1, 2], np.full((3, 3), np.nan), 16),
            ValueError,
            "database_labels of shape .* must hold only 0 and 1, but row 0 holds nan",
        ),
        (
            (CODES[:0], CODES, np.zeros(0, int), [0, 1, 2], 16),
            ValueError,
            "query_codes must hold at least one query, got none",
        ),
        (
            (CODES, CODES[:0], [0, 1, 2], np.zeros(0, int), 16),
            ValueError,
            "database_codes must hold at least one item, got none",
        ),
        ((CODES, CODES, [0, 1, 2], [0, 1, 2], 0), ValueError, "n_bits must be an int of at least 1, got 0"),
    ],
)
def test_wrong_input_is_named_on_both_sides(arguments, error, text):
    with pytest.raises(error, match=text):
        distance_histograms(*arguments)
