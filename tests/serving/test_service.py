"""Search without HTTP."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.calibration.kit import small_calibration
from tests.serving.conftest import Served
from tests.serving.kit import NAMES, in_base64, make_encoder, png
from ucch.errors import DataError
from ucch.retrieval import BinaryIndex
from ucch.serving import SearchService
from ucch.serving.schemas import EncodeRequest, SearchRequest


def test_a_picture_finds_itself_and_the_bits_that_differ_are_those(served: Served) -> None:
    answer = served.service.search(SearchRequest(image=in_base64(png("red")), k=6))
    assert "red.png" in [hit.id for hit in answer.hits if hit.distance == 0]
    assert sorted(hit.id for hit in answer.hits) == sorted(NAMES)
    query = np.unpackbits(np.frombuffer(bytes.fromhex(answer.code), np.uint8))[:12]
    for hit in answer.hits:
        assert len(hit.differing_bits) == hit.distance
        code = np.unpackbits(served.service.index.codes_of([hit.id]))[:12]
        assert np.flatnonzero(code != query).tolist() == hit.differing_bits


def test_texts_and_pictures_of_the_items(served: Served) -> None:
    hits = {hit.id: hit for hit in served.service.search(SearchRequest(text="red", k=6)).hits}
    assert hits["red.png"].text == "a red one"
    assert hits["blue.png"].text is None
    assert hits["grey sky & sea.png"].picture == "picture?id=grey%20sky%20%26%20sea.png"


def test_encode_and_search_by_its_code_agree(served: Served) -> None:
    code = served.service.encode(EncodeRequest(text="boat")).code
    by_code = served.service.search(SearchRequest(code=code, k=4))
    assert [hit.id for hit in by_code.hits] == [
        hit.id for hit in served.service.search(SearchRequest(text="boat", k=4)).hits
    ]


def test_like_an_item_is_by_its_code(served: Served) -> None:
    like = served.service.search(SearchRequest(like="red.png", k=6))
    assert bytes.fromhex(like.code) == served.service.index.codes_of(["red.png"]).tobytes()
    assert like.hits == served.service.search(SearchRequest(code=like.code, k=6)).hits
    assert "red.png" in [hit.id for hit in like.hits if hit.distance == 0]
    for item in ("none.png", "red.png\0", "r" * 1000):
        with pytest.raises(DataError, match="^no item 'no|^no item 'red|^no item 'rr"):
            served.service.search(SearchRequest(like=item))
    with pytest.raises(ValueError, match="real_query goes with text and image"):
        SearchRequest(like="red.png", real_query=True)


def test_an_item_shows_its_texts_and_a_hit_the_first(served: Served) -> None:
    assert served.service.item("red.png").texts == ["a red one", "a boat"]
    assert served.service.item("sub/ö.png").texts == ["a boat"]
    with pytest.raises(DataError, match="no item 'none.png' in the index"):
        served.service.item("none.png")


def test_a_collection_offers_words_and_items_to_begin_with(served: Served) -> None:
    encoder = served.service.encoder
    for n, wanted in ((1, ["0"]), (2, ["0", "1"]), (9, ["1", "4", "7"])):
        health = SearchService(encoder, BinaryIndex.build(np.zeros((n, 2), np.uint8), 12)).health()
        assert ([item.id for item in health.examples], health.words) == (wanted, [])
    index, texts = served.service.index, {"red.png": "a dune", "white.png": "snow", "elsewhere.png": "snow"}
    assert SearchService(encoder, index, texts=texts).health().words == ["dune", "snow"]


def test_a_real_query_is_not_rounded(served: Served) -> None:
    answer = served.service.search(SearchRequest(text="boat", k=6, real_query=True))
    wanted = served.service.index.search_real(served.service.encoder.real_text("boat"), 6)
    assert [hit.id for hit in answer.hits] == wanted.ids.tolist()
    assert all(len(hit.differing_bits) == hit.distance for hit in answer.hits)
    assert answer.code == served.service.encode(EncodeRequest(text="boat")).code
    picture = served.service.search(SearchRequest(image=in_base64(png("red")), k=2, real_query=True, only=["red.png"]))
    assert [hit.id for hit in picture.hits] == ["red.png"]
    with pytest.raises(ValueError, match="real_query goes with text and image; a code is rounded already"):
        SearchRequest(code=answer.code, real_query=True)


def test_a_real_query_goes_through_the_query_map_and_its_code_does_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, matrix = served.service.encoder, torch.eye(12).flip(0)
    plain = served.service.search(SearchRequest(text="boat", k=6, real_query=True))
    monkeypatch.setattr(encoder._model, "query_map", matrix)
    answer = served.service.search(SearchRequest(text="boat", k=6, real_query=True))
    wanted = served.service.index.search_real(encoder.real_text("boat")[:, ::-1], 6)
    assert [hit.id for hit in answer.hits] == wanted.ids.tolist()
    assert answer.code == plain.code


def test_only_these_and_unknown_ones_are_passed_over(served: Served) -> None:
    answer = served.service.search(SearchRequest(text="boat", only=["red.png", "../red.png", "blue.png"]))
    assert sorted(hit.id for hit in answer.hits) == ["blue.png", "red.png"]
    assert served.service.search(SearchRequest(text="boat", only=[])).hits == []


def test_ids_that_are_numbers(served: Served) -> None:
    service = SearchService(make_encoder(served.run), BinaryIndex.build(np.zeros((3, 2), np.uint8), 12))
    assert [hit.id for hit in service.search(SearchRequest(code="0000", k=2, only=["1", "2", "x"])).hits] == ["1", "2"]
    assert [service.has(item) for item in ("2", "3", "x", "-1")] == [True, False, False, False]
    assert service.search(SearchRequest(code="0000")).hits[0].picture is None


NO_NUMBERS = ("1_0", " 7", "7 ", "+7", "07", "-0", "\uff17", "7.0", "0x7", "", "1e1", "9" * 30, str(2**63), "9" * 5000)


@pytest.mark.parametrize("item", NO_NUMBERS)
def test_what_is_no_number_as_the_server_writes_it_is_no_id(served: Served, tmp_path: Path, item: str) -> None:
    service = SearchService(
        make_encoder(served.run), BinaryIndex.build(np.zeros((11, 2), np.uint8), 12), images=tmp_path
    )
    assert not service.has(item)
    found = service.search(SearchRequest(code="0000", only=[item, "10"])).hits
    assert [hit.id for hit in found] == ["10"]
    assert service.pictures is not None
    with pytest.raises(DataError, match="no item"):
        service.pictures.jpeg(item, "full")


def test_ids_of_text_that_cannot_be_there_take_no_memory(served: Served) -> None:
    known = [
        "red.png",
        "",
        "\0",
        "red.png\0",
        "\ud800",
        *["x" * 100_000] * 100,
    ]  # 4 GB, were all as wide as the longest
    tracemalloc.start()
    hits = served.service.search(
        SearchRequest.model_construct(code="0000", text=None, image=None, k=9, only=known)
    ).hits
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [hit.id for hit in hits] == ["red.png"]
    assert peak < 2**20


def test_a_search_by_code_searches_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    search = BinaryIndex.search

    def counted(self: BinaryIndex, queries: Any, k: int = 10, *, only: Any = None) -> Any:
        searched.append(k)
        return search(self, queries, k, only=only)

    monkeypatch.setattr(BinaryIndex, "search", counted)
    served.service.search(SearchRequest(code="0000", k=3))
    assert searched == [3]


@pytest.mark.parametrize("code", ["00", "000f", "000000"])
def test_codes_of_another_width_are_refused(served: Served, code: str) -> None:
    with pytest.raises(DataError, match="^code "):
        served.service.search(SearchRequest(code=code))


@pytest.mark.parametrize(
    ("image", "reason"), [("*", "in base64"), ("é", "in base64"), ("UEsDBA==", "no image that Pillow can read")]
)
def test_images_that_are_none(served: Served, image: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        served.service.search(SearchRequest(image=image))


def test_health(served: Served) -> None:
    health = served.service.health()
    assert (health.items, health.bits, health.kind, health.text, health.pictures) == (6, 12, "flat", True, True)


def test_hits_of_a_calibrated_index_say_how_probable_they_are(served: Served) -> None:
    index = BinaryIndex.load(served.index)
    index.modality, index.calibration = "image", small_calibration(12)
    service = SearchService(make_encoder(served.run), index)
    assert service.health().calibrated
    for real in (False, True):
        request = SearchRequest(text="boat", k=6, real_query=real)
        hits = service.search(request).hits
        code = service.encoder.real_text("boat") if real else service.encoder.text("boat")
        found = index.search_real(code, 6) if real else index.search(code, 6)
        judged = index.judged(found, code, asks="text", real=real)
        assert [hit.id for hit in hits] == judged.ids.tolist()
        assert [hit.probability for hit in hits] == judged.probability.round(4).tolist()
        assert [hit.match for hit in hits] == judged.match
    code = service.encode(EncodeRequest(text="boat")).code
    for request in (SearchRequest(image=in_base64(png("red"))), SearchRequest(code=code)):
        assert {(hit.probability, hit.match) for hit in service.search(request).hits} == {(None, None)}
    by_code = service.search(SearchRequest(code=code, asks="text", k=6)).hits
    by_text = service.search(SearchRequest(text="boat", k=6)).hits
    assert [hit.probability for hit in by_code] == [hit.probability for hit in by_text]
    assert not served.service.health().calibrated
