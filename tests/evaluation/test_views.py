"""Reports of one view and of three."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.kit import small_recipe
from tests.training.test_views import QUICK, apart_views, one_view, three_views
from ucch.baselines import StackedItq
from ucch.data import ItemDataset, Items
from ucch.evaluation import (
    compression_of_model,
    compression_rows,
    compression_text,
    encode_dataset,
    evaluate,
    html_report,
    report_rows,
)
from ucch.evaluation.ranking import measure_pairs, measure_ranking
from ucch.metrics import cosine_neighbors, neighbors_kept
from ucch.models import HashModel


def dataset_of(items: Items) -> ItemDataset:
    rows = np.arange(len(items))
    return ItemDataset("made", items.take(rows[rows % 5 > 0]), items.take(rows[rows % 5 == 0], split="query"))


def model_of(items: Items) -> HashModel:
    return StackedItq(12).fit_items(items).model


def test_one_view_asks_itself_and_has_no_paired_item() -> None:
    labelled = Items(one_view(100).views, np.eye(4, dtype=bool)[np.arange(100) % 4])
    dataset = dataset_of(labelled)
    model = model_of(labelled)
    report = evaluate(encode_dataset(model, dataset))
    assert report["directions"] == ["text_to_text"]
    codes = [model.encode("text", items.views["text"]) for items in (dataset.query, dataset.train)]
    expected = measure_ranking(codes[0], dataset.query.label, (codes[1], dataset.train.label), 12).figures
    assert report["text_to_text"] == expected
    assert report["map_mean"] == expected["map"]
    assert "recall_at" not in report["text_to_text"]
    assert (report["quantization_gap"], report["bit_agreement"], list(report["health"])) == (None, {}, ["text"])
    rows = report_rows(report)
    assert rows[0][:2] == ["", "MAP"]
    assert rows[1][0] == "text to text"


def test_without_labels_a_report_of_one_view_says_what_is_kept() -> None:
    items = one_view(200)
    dataset = dataset_of(items)
    model = model_of(items)
    cost = compression_of_model(model, dataset)
    assert (cost["neighbors"], cost["pair_items"]) == ("within the view", None)
    rows = {row["name"]: row for row in cost["rows"]}
    assert list(rows) == ["float", "codes", "codes, real query", "itq", "centred itq"]
    mean = np.asarray(dataset.train.views["text"], dtype=np.float64).mean(axis=0)
    centred = [(part.views["text"] - mean).astype(np.float32) for part in (dataset.query, dataset.train)]
    codes = [model.encode("text", part.views["text"]) for part in (dataset.query, dataset.train)]
    kept = neighbors_kept(cosine_neighbors(*centred), *codes, 12)
    assert rows["codes"]["recall_at_10"] == pytest.approx(float(kept.mean()))
    assert all(row["pair_at_1"] is None for row in rows.values())
    report = {**evaluate(encode_dataset(model, dataset)), "compression": cost}
    assert report_rows(report) == [[""], ["text to text"]]
    assert "pair" not in " ".join(compression_rows(report)[0])
    assert "within the view" in compression_text(report)
    assert "paired item" not in html_report([report], ["one"])


def test_every_ordered_pair_of_three_views_is_reported(tmp_path: object) -> None:
    items = three_views(100)
    labelled = Items(items.views, np.eye(4, dtype=bool)[np.arange(100) % 4])
    dataset, model = dataset_of(labelled), model_of(labelled)
    report = evaluate(encode_dataset(model, dataset))
    assert report["directions"] == [
        *("image_to_text", "image_to_audio", "text_to_image", "text_to_audio", "audio_to_image", "audio_to_text")
    ]
    codes = {name: model.encode(name, rows) for name, rows in dataset.query.views.items()}
    own = np.arange(len(dataset.query))
    found = measure_pairs(codes["audio"], own, codes["text"], own, 12)
    assert {key: report["audio_to_text"][key] for key in found} == found
    assert report["map_mean"] == pytest.approx(np.mean([report[name]["map"] for name in report["directions"]]))
    assert set(report["bit_agreement"]) == {"image_text", "image_audio", "text_audio"}
    assert [row[0] for row in report_rows(report)[1:7]] == [name.replace("_", " ") for name in report["directions"]]
    cost = compression_of_model(model, dataset)
    assert (cost["neighbors"], cost["pair_items"]) == ("across the modalities", 20)


def test_three_views_without_a_space_are_compared_within_each(tmp_path: object) -> None:
    from ucch.training import Trainer

    items = apart_views()
    trainer = Trainer(small_recipe(*QUICK), items)
    trainer.train_epoch()
    cost = compression_of_model(trainer.finished_model(), dataset_of(items))
    assert cost["neighbors"] == "within each modality"
    assert [row["name"] for row in cost["rows"]] == ["float", "codes", "codes, real query"]
    assert cost["fitted"] is None
