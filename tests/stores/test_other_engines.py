"""The requests that the page of other engines prints, against what the engines say of themselves."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from tests.stores.engine_schemas import ELASTICSEARCH, OPENSEARCH, VESPA, Schema
from ucch.codes import hamming_distance

PAGE = (Path(__file__).resolve().parents[2] / "docs/stores/other_engines.md").read_text(encoding="utf-8")
ENGINES: dict[str, dict[str, Schema]] = {
    "Elasticsearch": ELASTICSEARCH,
    "OpenSearch": OPENSEARCH,
    "Vespa": VESPA,
}
CASES = [(engine, request) for engine, schemas in ENGINES.items() for request in schemas]


def printed(engine: str, request: str) -> Any:
    """A request of the page: the blocks of a section stand in the order of the schemas."""
    section = PAGE.partition(f"\n## {engine}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```json\n(.*?)```", section, re.S)
    assert len(blocks) == len(ENGINES[engine])
    return json.loads(blocks[list(ENGINES[engine]).index(request)])


def code_of(engine: str, request: str) -> np.ndarray[Any, Any]:
    body = printed(engine, request)
    if engine == "Vespa":
        if request == "document":
            return np.frombuffer(bytes.fromhex(body["fields"]["code"]["values"]), np.uint8)
        return np.array(body["input.query(q)"], np.int8).view(np.uint8)
    if request == "document":
        return np.array(body["code"], np.int8).view(np.uint8)
    knn = body["knn"]["query_vector"] if engine == "Elasticsearch" else body["query"]["knn"]["code"]["vector"]
    return np.array(knn, np.int8).view(np.uint8)


@pytest.mark.parametrize(("engine", "request_"), CASES)
def test_a_printed_request_has_the_published_form(engine: str, request_: str) -> None:
    schema = ENGINES[engine][request_]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(printed(engine, request_), schema)


@pytest.mark.parametrize(("engine", "request_"), CASES)
def test_the_form_refuses_a_word_too_many(engine: str, request_: str) -> None:
    """Each object of the request that has a fixed set of fields refuses another field."""
    body, schema = printed(engine, request_), ENGINES[engine][request_]
    wrong = {**copy.deepcopy(body), "nonsense": {}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_code_is_meant_in_every_form(engine: str) -> None:
    item, query = code_of(engine, "document"), code_of(engine, "search")
    assert item.tolist() == [0xB1, 0x0C]
    assert hamming_distance(query[None], item[None]).tolist() == [[1]]


@pytest.mark.parametrize("engine", ["Elasticsearch", "OpenSearch"])
@pytest.mark.parametrize(("field", "value"), [("dims", 12), ("dimension", 12), ("similarity", "cosine"), ("type", "x")])
def test_the_form_refuses_what_bits_do_not_take(engine: str, field: str, value: object) -> None:
    body = printed(engine, "mapping")
    body["mappings"]["properties"]["code"][field] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, ENGINES[engine]["mapping"])


def test_the_schema_of_vespa_holds_as_many_bytes_as_its_documents() -> None:
    sizes = {int(size) for size in re.findall(r"tensor<int8>\(x\[(\d+)\]\)", PAGE)}
    assert sizes == {len(code_of("Vespa", "document"))} == {len(code_of("Vespa", "search"))}
    assert "distance-metric: hamming" in PAGE
