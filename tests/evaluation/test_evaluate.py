"""Reports against plain loops over unpacked codes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.training.kit import small_dataset, small_recipe
from ucch.codes import hamming_distance
from ucch.data import PairedDataset, Pairs
from ucch.evaluation import EncodedDataset, encode_dataset, evaluate
from ucch.metrics import split_digest
from ucch.training import Trainer


@pytest.fixture(scope="module")
def encoded() -> EncodedDataset:
    dataset = small_dataset()
    trainer = Trainer(small_recipe(), dataset.train)
    trainer.train_epoch()
    return encode_dataset(trainer.model, dataset)


def mean_ap_over_random_orders(distances: np.ndarray, relevant: np.ndarray, rng: np.random.Generator) -> float:
    scores = []
    for _ in range(400):
        for row, hits in zip(distances, relevant, strict=True):
            ranked = hits[np.lexsort((rng.random(len(row)), row))]
            precision = np.cumsum(ranked) / np.arange(1, len(row) + 1)
            scores.append((precision * ranked).sum() / ranked.sum())
    return float(np.mean(scores))


def test_map_is_the_mean_over_random_orders_of_tied_items(encoded: EncodedDataset) -> None:
    report, rng = evaluate(encoded), np.random.default_rng(0)
    dataset = encoded.dataset
    assert dataset.query.label is not None
    assert dataset.database.label is not None
    relevant = (dataset.query.label[:, None] & dataset.database.label).any(axis=2)
    for direction, asks, answers in (("image_to_text", "image", "text"), ("text_to_image", "text", "image")):
        distances = hamming_distance(encoded.query[asks], encoded.database[answers])
        expected = mean_ap_over_random_orders(distances, relevant, rng)
        assert report[direction]["map"] == pytest.approx(expected, abs=2e-3)
    assert report["map_mean"] == pytest.approx((report["image_to_text"]["map"] + report["text_to_image"]["map"]) / 2)
    unordered = mean_ap_over_random_orders(np.zeros_like(distances), relevant, rng)
    assert report["map_chance"] == pytest.approx(unordered, abs=2e-3)


def test_curves_and_counts(encoded: EncodedDataset) -> None:
    report = evaluate(encoded)
    assert (report["data"], report["bits"], report["queries"], report["database"]) == ("small", 12, 40, 100)
    curve = report["image_to_text"]["by_radius"]
    assert all(len(values) == 13 for values in curve.values())
    query, database = encoded.dataset.query.label, encoded.dataset.database.label
    assert query is not None
    assert database is not None
    assert curve["precision"][-1] == pytest.approx((query[:, None] & database).any(axis=2).mean())
    assert curve["recall"][-1] == 1.0
    assert curve["empty"][-1] == 0.0
    assert list(report["text_to_image"]["precision_at"]) == ["1", "10", "100"]
    assert list(report["text_to_image"]["recall_at"]) == ["1", "5", "10"]


def test_recall_of_the_pair_against_a_loop(encoded: EncodedDataset) -> None:
    distances = hamming_distance(encoded.query["text"], encoded.query["image"])
    for n in (1, 5, 10):
        hits = []
        for i, row in enumerate(distances):
            nearer, tied = int(np.sum(row < row[i])), int(np.sum(row == row[i]))
            hits.append(min(max(n - nearer, 0), tied) / tied)
        assert evaluate(encoded)["text_to_image"]["recall_at"][str(n)] == pytest.approx(np.mean(hits))


def test_recall_with_several_captions_against_a_loop(encoded: EncodedDataset) -> None:
    query = encoded.dataset.query
    owner = np.random.default_rng(0).permutation(np.concatenate([np.arange(30), np.arange(10)]))  # 10 images have two
    captioned = Pairs(query.image[:30], query.text, query.label[:30], image_of_text=owner)  # type: ignore[index]
    dataset = PairedDataset("captioned", encoded.dataset.train, captioned)
    codes = {"image": encoded.query["image"][:30], "text": encoded.query["text"]}
    report = evaluate(EncodedDataset(dataset, encoded.n_bits, codes, encoded.database))
    assert (report["queries"], report["query_texts"], report["database_texts"]) == (30, 40, 100)
    distances, rng = hamming_distance(codes["image"], codes["text"]), np.random.default_rng(1)
    for direction, table, mine, theirs in (
        ("image_to_text", distances, np.arange(30), owner),
        ("text_to_image", distances.T, owner, np.arange(30)),
    ):
        found = np.zeros((2000, len(table)))
        for i, row in enumerate(table):
            orders = np.argsort(row + rng.random((2000, len(row))) / 2, axis=1)
            found[:, i] = (theirs[orders[:, :5]] == mine[i]).any(axis=1)
        assert report[direction]["recall_at"]["5"] == pytest.approx(found.mean(), abs=0.01)


def test_the_labels_of_a_text_are_those_of_its_image(encoded: EncodedDataset) -> None:
    query = encoded.dataset.query
    order = np.random.default_rng(0).permutation(40)  # the same pairs, texts in another order
    shuffled = Pairs(query.image, query.text[order], query.label, image_of_text=order)
    dataset = PairedDataset("shuffled", encoded.dataset.train, shuffled)
    codes = {"image": encoded.query["image"], "text": encoded.query["text"][order]}
    report = evaluate(EncodedDataset(dataset, encoded.n_bits, codes, encoded.database))
    for direction in ("image_to_text", "text_to_image"):
        for measure in ("map", "recall_at"):
            assert report[direction][measure] == pytest.approx(evaluate(encoded)[direction][measure])


def test_without_labels_pairs_are_still_found(encoded: EncodedDataset) -> None:
    bare = [Pairs(pairs.image, pairs.text) for pairs in (encoded.dataset.train, encoded.dataset.query)]
    dataset = PairedDataset("bare", train=bare[0], query=bare[1])
    report = evaluate(EncodedDataset(dataset, encoded.n_bits, encoded.query, encoded.database))
    assert report["map_mean"] is report["map_chance"] is report["image_to_text"]["map"] is None
    assert report["image_to_text"]["recall_at"] == evaluate(encoded)["image_to_text"]["recall_at"]


def test_a_split_with_labels_is_named_by_them_alone(encoded: EncodedDataset) -> None:
    dataset = encoded.dataset
    assert evaluate(encoded)["split_digest"] == split_digest(dataset.query.label, dataset.database.label)
    other = [Pairs(2 * pairs.image, pairs.text, pairs.label) for pairs in (dataset.train, dataset.query)]
    scaled = EncodedDataset(PairedDataset("scaled", *other), encoded.n_bits, encoded.query, encoded.database)
    assert evaluate(scaled)["split_digest"] == evaluate(encoded)["split_digest"]


def test_a_split_without_labels_is_named_by_its_features(encoded: EncodedDataset) -> None:
    train, query = (Pairs(p.image, p.text) for p in (encoded.dataset.train, encoded.dataset.query))

    def digest(dataset: PairedDataset, value: int = 0) -> str:
        sides = (
            {kind: np.full((len(getattr(pairs, kind)), 1), value, np.uint8) for kind in ("image", "text")}
            for pairs in (dataset.query, dataset.database)
        )
        return str(evaluate(EncodedDataset(dataset, 8, *sides))["split_digest"])

    first = digest(PairedDataset("a", train, query))
    assert len(first) == 64
    assert first == digest(PairedDataset("b", train, query), value=255)  # name and codes do not count
    assert first == digest(PairedDataset("c", train, query, database=Pairs(train.image, train.text, split="database")))
    others = [
        PairedDataset("a", train, query.take(np.arange(len(query))[::-1])),
        PairedDataset("a", train, query, database=train.take(slice(1, None))),
        PairedDataset("a", train, query, database=query),
        PairedDataset("a", query, train),
        PairedDataset("a", train, Pairs(query.image, query.text, image_of_text=np.arange(len(query))[::-1])),
    ]
    assert len({first, *map(digest, others)}) == 6


def test_the_report_is_plain_json_without_nan(encoded: EncodedDataset) -> None:
    report = evaluate(encoded)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_an_item_of_one_side_competes_where_that_side_is_searched(encoded: EncodedDataset) -> None:
    dataset = small_dataset()
    train = dataset.train
    model = Trainer(small_recipe(), train).model
    n = np.arange(len(train))
    database = replace(train, text_seen=n % 3 != 0, image_seen=n % 6 != 1)
    one_sided = encode_dataset(model, PairedDataset("one-sided", train, dataset.query, database))
    report = evaluate(one_sided)
    assert report["one_sided"] == {"images_without_text": 34, "texts_without_image": 17}
    assert (report["database"], report["database_texts"]) == (100, 66)
    for direction, rows in (("image_to_text", n % 3 != 0), ("text_to_image", n % 6 != 1)):
        alone = PairedDataset("those", train, dataset.query, train.take(rows))
        assert report[direction]["map"] == evaluate(encode_dataset(model, alone))[direction]["map"]
    assert "one_sided" not in evaluate(encoded)


def test_several_captions_and_items_of_one_side(encoded: EncodedDataset) -> None:
    dataset = small_dataset()
    train = dataset.train
    model = Trainer(small_recipe(), train).model
    twice = np.repeat(np.arange(100), 2)
    database = Pairs(
        train.image, train.text[twice], train.label, image_of_text=twice, text_seen=np.arange(100) % 4 != 0
    )
    report = evaluate(encode_dataset(model, PairedDataset("captions", train, dataset.query, database)))
    rows = twice % 4 != 0
    alone = PairedDataset("those", train, dataset.query, train.take(twice[rows]))
    assert report["database_texts"] == 150
    assert report["image_to_text"]["map"] == evaluate(encode_dataset(model, alone))["image_to_text"]["map"]
