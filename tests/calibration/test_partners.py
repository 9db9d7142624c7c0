from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.calibration.kit import outputs, small_calibration
from ucch.calibration import DistanceMap, PartnerCalibration, fit_decay
from ucch.codes import hamming_distance, pack, sign
from ucch.metrics import calibration_error


def distances(asks, answers):
    return hamming_distance(pack(sign(asks)), pack(sign(answers)))


def all_probabilities(calibration, found, asks="text"):
    counts = np.stack([np.bincount(row, minlength=calibration.n_bits + 1) for row in found])
    return calibration.probability(found, calibration.gallery(counts)[:, None], asks=asks)


def test_over_a_whole_gallery_probabilities_add_up_to_the_partners():
    calibration = small_calibration()
    image, text = outputs(50, seed=1)
    shared = all_probabilities(calibration, distances(text, image))
    np.testing.assert_allclose(shared.sum(1), 1)
    more_images, more_texts = outputs(50, seed=2)
    own = np.repeat(np.arange(50), 3)
    several = PartnerCalibration.fit(more_images, more_texts[own], image_of_text=own)
    assert several.texts_per_image == 3
    asked = all_probabilities(several, distances(image, np.repeat(text, 3, 0)), asks="image")
    assert (asked.sum(1) <= 3 + 1e-9).all()
    assert (asked <= 1).all()


def test_nearer_is_never_less_probable_nor_less_of_a_match():
    calibration = small_calibration()
    place = np.arange(calibration.n_bits + 1)
    probability = calibration.probability(place, calibration.gallery(np.ones(len(place))))
    assert (np.diff(probability) <= 0).all()
    assert (np.diff(calibration.likely(place).astype(int)) <= 0).all()
    shares = np.linspace(0, 1, 50)
    real = calibration.probability(2 * shares, calibration.real.gallery(shares, np.ones(50)), real=True)
    assert (np.diff(real) <= 0).all()


def test_more_items_alike_make_each_less_probable_in_proportion():
    calibration = small_calibration()
    rng = np.random.default_rng(0)
    counts = np.bincount(rng.integers(8, 20, 500), minlength=33)
    once, tenfold = (calibration.probability(9, calibration.gallery(n * counts)) for n in (10, 100))
    assert once == pytest.approx(10 * tenfold, rel=0.02)  # of more items the spread is known better


def test_a_difference_says_more_where_all_else_is_alike():
    decay = DistanceMap(slope=1.5, curve=4.0, spread=0.1, likely=0.3)
    calibration = replace(small_calibration(), hamming=decay)
    narrow, wide = np.zeros((2, 33))
    narrow[[15, 16, 17]], wide[[10, 16, 22]] = 3000, 3000
    found = [calibration.probability([15, 16], calibration.gallery(counts)) for counts in (narrow, wide)]
    assert all(0 < share < 1 for shares in found for share in shares)
    assert np.divide(*found[0]) > np.divide(*found[1]) > 1


def test_stated_probabilities_come_true_in_galleries_of_other_sizes():
    calibration = PartnerCalibration.fit(*outputs(200))
    for n in (60, 600):
        image, text = outputs(n, seed=n)
        stated, true = [], []
        for asks, answers in ((image, text), (text, image)):
            found = distances(asks, answers)
            first = found.argmin(1)[:, None]
            stated.append(np.take_along_axis(all_probabilities(calibration, found), first, 1))
            true.append(first[:, 0] == np.arange(n))
        checked = calibration_error(np.concatenate(stated)[:, 0], np.concatenate(true))
        assert checked.error < checked.error_by_chance + 0.05


def test_a_match_is_likely_up_to_half_of_the_partners_and_few_of_the_others():
    image, text = outputs(80, noise=1.0)
    found, own = distances(image, text), np.eye(80, dtype=bool)
    calibration = PartnerCalibration.fit(image, text)
    limit = max(d for d in range(33) if calibration.likely(d))
    assert limit == min(np.sort(found[own])[39], max(d for d in range(33) if (found[~own] <= d).mean() <= 0.01))


def test_fitted_by_counts_it_equals_the_fit_by_items():
    image, text = outputs(30, noise=1.0)
    found = distances(image, text)
    both = np.concatenate([found, found.T])
    counts = np.stack([np.bincount(row, minlength=33) for row in both])
    own = np.stack([np.bincount([row[i % 30]], minlength=33) for i, row in enumerate(both)])
    fitted = PartnerCalibration.fit(image, text).hamming
    assert (fitted.slope, fitted.curve, fitted.spread) == pytest.approx(fit_decay(np.arange(33) / 32, counts, own))


def test_real_queries_have_a_map_of_their_own():
    image, text = outputs(100, noise=0.5)
    calibration = PartnerCalibration.fit(image, text)
    unit = text / np.linalg.norm(text, axis=1, keepdims=True)
    found = 1 - unit @ np.where(image >= 0, 1, -1).T / np.sqrt(32)
    galleries = [calibration.real.gallery(row / 2, np.ones(len(row))) for row in found]
    probability = np.stack([calibration.probability(*pair, real=True) for pair in zip(found, galleries, strict=True)])
    np.testing.assert_allclose(probability.sum(1), 1)
    assert np.diag(probability).mean() > 0.5
    assert calibration.likely(np.diag(found), real=True).mean() == pytest.approx(0.5, abs=0.05)


def test_an_empty_gallery_has_no_weight():
    one = DistanceMap(3.0, 0.0, 0.1, 0.2)
    found = one.gallery(np.array([0.0, 0.5]), np.zeros((1, 2)))
    assert (found.spread.tolist(), found.log_evidence.tolist()) == ([0.1], [-np.inf])
    assert one.gallery(np.zeros(0), np.zeros(0)).log_evidence == -np.inf


def test_it_is_read_back_from_json():
    calibration = small_calibration()
    assert PartnerCalibration.from_json(json.dumps(calibration.as_dict())) == calibration


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "ucch-calibration-9"}, "expected a calibration of format 'ucch-calibration-2', got 'ucch-calib"),
        ({"n_bits": 0}, "n_bits must be an int of at least 1, got 0"),
        ({"n_pairs": "many"}, "the calibration is damaged: n_pairs must be an int"),
        ({"hamming": {"slope": 1.0}}, "the calibration is damaged: 'curve'"),
        ({"real": 3}, "the calibration is damaged"),
        ({"texts_per_image": float("nan")}, "expected a finite number of at least 0, got nan"),
        (
            {"hamming": {"slope": -1.0, "curve": 0, "spread": 1, "likely": 0}},
            "expected a finite number of at least 0, got -1.0",
        ),
    ],
)
def test_damaged_ones_are_refused(change, said):
    values = small_calibration().as_dict() | change
    with pytest.raises(ValueError, match=said):
        PartnerCalibration.from_dict(values)
    with pytest.raises(ValueError, match="got None"):
        PartnerCalibration.from_json("[]")


def test_wrong_outputs_are_named():
    image, text = outputs(5)
    with pytest.raises(ValueError, match="outputs of one width, with an image for each text, got shapes"):
        PartnerCalibration.fit(image, text[:, :9])
    with pytest.raises(ValueError, match="every one of two images or more needs a text, got 5 images"):
        PartnerCalibration.fit(image, text[:4])
    with pytest.raises(ValueError, match="every one of two images or more needs a text, got 1 images"):
        PartnerCalibration.fit(image[:1], text[:1])
