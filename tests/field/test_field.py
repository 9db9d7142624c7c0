"""Every input met in the field has its right value, or a refusal with argument, rule, value and way out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.encoders.kit import ColourEncoder
from tests.field.table import INPUTS, READ, REFUSED, TOGETHER, evaluated, expected_map, taken
from ucch.data import check_overlap
from ucch.data.captions import read_captions
from ucch.encoders import BowEncoder
from ucch.errors import DataError
from ucch.evaluation import CodeFiles, evaluate_files
from ucch.extraction import extract
from ucch.retrieval.code_files import read_codes


def test_every_input_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    texts = set(INPUTS.glob("11-endings/*.txt"))
    held = {str(path.relative_to(INPUTS)) for path in INPUTS.rglob("*") if path.is_file() and path not in texts}
    assert held == {*READ, *REFUSED, *TOGETHER}
    assert len(read_captions(INPUTS / "11-endings").images) == len(texts) == 9
    with capsys.disabled():
        print(f"\n{len(held)} inputs: {len(READ) + len(TOGETHER)} read, {len(REFUSED)} refused ", end="")


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_has_its_value(name: str) -> None:
    pytest.importorskip("pyarrow") if name.endswith(".parquet") else None
    read, value, warned = READ[name]
    found, warnings = taken(read, INPUTS / name)
    assert found == value
    assert [warned in warning for warning in warnings] == [True] * bool(warned)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_is_refused_with_the_way_out(name: str) -> None:
    pytest.importorskip("pyarrow") if name.endswith(".parquet") else None
    read, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        read(INPUTS / name)


def test_a_column_of_labels_gives_the_map_of_its_classes() -> None:
    folder = INPUTS / "07-labels-n1"
    row = CodeFiles(folder / "Q.npy", folder / "C.npy", folder / "lq_v01.npy", folder / "ld_v01.npy")
    assert evaluated(folder / "ld_col01.npy") == evaluate_files(row)["map_mean"]
    assert evaluated(folder / "ld_col01.npy") == pytest.approx(expected_map(folder), abs=0.003)


def test_the_ways_out_work(tmp_path: Path) -> None:
    """What the messages above say is done, and the input is read."""
    from ucch.codes import sign

    assert len(read_captions(INPUTS / "10-layouts/cp1252.csv", encoding="cp1252").images) == 8
    offset, n_bits, _ = read_codes(INPUTS / "12-advice/i8.npy", code_format="binary")
    np.testing.assert_array_equal(offset, np.load(INPUTS / "12-advice/i8.npy").astype(np.int16) + 128)
    np.save(tmp_path / "signs.npy", sign(np.load(INPUTS / "12-advice/Czero.npy")))
    assert (n_bits, read_codes(tmp_path / "signs.npy")[1]) == (16, 16)
    text = (INPUTS / "08-coco-null-dupid/coco_dupid.json").read_text()
    place = [match.start() for match in re.finditer('"id": 1000[,}]', text)][1]
    (tmp_path / "own.json").write_text(text[:place] + text[place:].replace("1000", "999999", 1))
    assert len(read_captions(tmp_path / "own.json").images) == 6


@pytest.mark.parametrize(("name", "n_images", "equal"), [("two_spellings", 60, 0), ("twice", 120, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_a_picture_under_two_names_stands_on_one_side(
    name: str, n_images: int, equal: int, seed: int, tmp_path: Path
) -> None:
    """``a.jpg`` and ``./a.jpg`` are one picture, and so are ``a.jpg`` and its copy ``a (1).jpg``."""
    captions = read_captions(INPUTS / "03-leak-by-caption" / f"{name}.csv")
    drawn: dict[str, np.ndarray] = {}
    for image in captions.images:
        first = Path(image).name.replace(" (1)", "")
        pixels = drawn.setdefault(first, np.random.default_rng(len(drawn)).integers(0, 256, (12, 12, 3), np.uint8))
        Image.fromarray(pixels).save(tmp_path / Path(image).name)
    specs = ("tests.encoders.kit:ColourEncoder", "bow:20")
    result = extract(tmp_path, captions, ColourEncoder(), BowEncoder("20"), specs=specs, split_seed=seed)
    check_overlap(result.dataset)
    sides = [{Path(image).name.replace(" (1)", "") for image in result.image_ids[side]} for side in ("train", "query")]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 60
    assert sum(len(result.image_ids[side]) for side in ("train", "query")) == n_images
    assert result.equal_copies.count == equal
