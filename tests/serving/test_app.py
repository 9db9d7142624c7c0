"""The API as a client sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import pytest

from tests.serving.conftest import Served
from tests.serving.kit import in_base64, png

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install 'ucch[serve]'")
pytest.importorskip("hypothesis", reason="hypothesis is not installed")
pytest.importorskip("httpx", reason="httpx is not installed; FastAPI's test client needs it")

from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ucch.serving.app import create_app


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    app = create_app(served.service, max_bytes=100_000, rate=0, hosts=frozenset({"127.0.0.1"}))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def test_search_by_words_and_by_picture(client: TestClient) -> None:
    for query in ({"text": "boat"}, {"image": in_base64(png())}):
        answer = client.post("/search", json={**query, "k": 3}).json()
        assert len(answer["hits"]) == 3
        known = {"id", "distance", "differing_bits", "picture", "text"}
        assert set(answer["hits"][0]) == known | {"probability", "match"}
        assert answer["hits"][0]["match"] is None  # this index is not calibrated
        assert client.get(answer["hits"][0]["picture"]).headers["content-type"] == "image/jpeg"


def test_encode_and_health(client: TestClient) -> None:
    assert set(client.post("/encode", json={"text": "boat"}).json()) == {"bits", "code", "encode_milliseconds"}
    health = client.get("/health").json()
    assert (health["items"], health["words"]) == (6, ["boat", "sea", "snow"])
    assert [item["id"] for item in health["examples"]] == ["green.png", "red.png", "white.png"]


def test_an_item_with_all_its_texts(client: TestClient) -> None:
    item = client.get("/item?id=red.png").json()
    assert item == {"id": "red.png", "picture": "picture?id=red.png", "texts": ["a red one", "a boat"]}
    assert client.get("/item?id=blue.png").json()["texts"] == []
    answer = client.get("/item?id=none.png")
    assert (answer.status_code, answer.json()["reason"]) == (404, "no item 'none.png' in the index")


REFUSED: list[tuple[str, bytes, int]] = [
    ("malformed", b'{"text": ', 422),
    ("no JSON", b"text=boat", 422),
    ("not UTF-8", b'{"text": "\xff"}', 400),
    ("deep", b"[" * 50_000, 400),
    ("a list", b"[]", 422),
    ("nothing", b"", 422),
    ("empty text", b'{"text": ""}', 422),
    ("blank text", b'{"text": "  "}', 422),
    ("half a surrogate", b'{"text": "\\ud800"}', 422),
    ("unknown field", b'{"text": "a", "page": 2}', 422),
    ("two queries", b'{"text": "a", "code": "0000"}', 422),
    ("a zip", json.dumps({"image": in_base64(b"PK\x03\x04" + bytes(200))}).encode(), 422),
    ("cut off picture", json.dumps({"image": in_base64(png(size=(99, 99))[:60])}).encode(), 422),
    ("a narrow picture", json.dumps({"image": in_base64(png(size=(1, 999)))}).encode(), 422),
    ("no base64", b'{"image": "???"}', 422),
    ("too long", b"x" * 100_001, 413),
    ("wrong width", b'{"code": "00"}', 422),
    ("surplus bits", b'{"code": "000f"}', 422),
    ("half a byte", b'{"code": "0"}', 422),
    ("like no item", b'{"like": "none.png"}', 422),
    ("like no name", b'{"like": ""}', 422),
    ("like half a surrogate", b'{"like": "\\ud800"}', 422),
    ("like and words", b'{"like": "red.png", "text": "a"}', 422),
    ("k of none", b'{"text": "a", "k": 0}', 422),
    ("k in words", b'{"text": "a", "k": "ten"}', 422),
    ("NaN", b'{"text": "a", "k": NaN}', 422),
]


@pytest.mark.parametrize(("body", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_with_a_reason(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/search", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"reason"}
    assert answer.json()["reason"]
    assert answer.status_code == status


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a JSON schema, in range and out of it."""
    if "anyOf" in schema:
        return st.one_of(*map(near, schema["anyOf"]))
    if schema.get("type") == "array":
        return st.lists(near(schema["items"]), max_size=4)
    kinds = {
        "string": st.text(st.characters(), max_size=40) | st.from_regex(r"([0-9a-f]{2}){1,3}", fullmatch=True),
        "integer": st.integers(-5, 300),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return kinds[schema["type"]]


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_fuzzed_from_its_own_description_it_answers_or_says_why_not(client: TestClient, data: st.DataObject) -> None:
    described = client.get("/openapi.json").json()
    path = data.draw(st.sampled_from(["/search", "/encode"]))
    name = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    properties = described["components"]["schemas"][name.rsplit("/", 1)[1]]["properties"]
    fields = {key: near(schema) | JUNK for key, schema in properties.items()}
    body = data.draw(st.fixed_dictionaries({}, optional=fields) | JUNK)
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    if answer.status_code == 200:
        assert "code" in answer.json()
    else:
        assert 400 <= answer.status_code < 500, (body, answer.text)
        assert answer.json()["reason"]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(item=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), size=st.text(max_size=9))
def test_fuzzed_pictures_are_found_or_refused(client: TestClient, item: str, size: str) -> None:
    for parameters in ({"id": item}, {"id": item, "size": size}, {"id": f"../{item}"}):
        for path in ("/picture", "/item"):
            answer = client.get(path, params=parameters)
            assert answer.status_code in (404, 422)
            assert answer.json()["reason"]


@pytest.mark.parametrize(
    "item", ["../secret.png", "..%2Fsecret.png", "/etc/passwd", "sub/../../secret.png", "none.png", "a%00b", "a" * 1025]
)
def test_no_path_outside_the_index_is_served(client: TestClient, item: str) -> None:
    answer = client.get(f"/picture?id={item}")
    assert answer.status_code in (404, 422)
    assert answer.json()["reason"]


@pytest.mark.parametrize("path", ["/picture/../../etc/passwd", "/page/../app.py", "/%2e%2e/secret.png", "/docs", "/x"])
def test_other_paths_are_not_found_with_a_reason(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"reason": "Not Found"}


def test_other_methods_and_hosts_are_refused_with_a_reason(client: TestClient) -> None:
    assert client.get("/search").status_code == 405
    assert client.get("/search").json()["reason"] == "Method Not Allowed"
    assert client.get("/search").headers["allow"] == "POST"
    answer = client.get("/health", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "this server answers under 127.0.0.1 only")


def test_without_pictures_none_is_found(served: Served) -> None:
    from ucch.serving import SearchService

    service = SearchService(served.service.encoder, served.service.index)
    client = TestClient(create_app(service))
    answer = client.get("/picture?id=red.png")
    assert (answer.status_code, answer.json()["reason"]) == (
        404,
        "no pictures are served; name their folder with --images",
    )


def test_a_failure_of_ours_is_a_500_that_tells_no_inside(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("/root/secret")

    monkeypatch.setattr(served.service, "search", fail)
    client = TestClient(create_app(served.service), raise_server_exceptions=False)
    answer = client.post("/search", json={"text": "a"})
    assert (answer.status_code, answer.json()) == (500, {"reason": "the server failed; its log says why"})


def test_many_at_once_share_the_index(client: TestClient) -> None:
    queries = [{"text": f"word {number}", "k": 6} for number in range(60)]
    one_by_one = [client.post("/search", json=query).json()["hits"] for query in queries]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda query: client.post("/search", json=query).json()["hits"], queries))
    assert together == one_by_one


def test_the_description_names_every_route(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert sorted(described["paths"]) == ["/encode", "/health", "/item", "/picture", "/search"]
    assert described["components"]["schemas"]["SearchRequest"]["additionalProperties"] is False


PAGE = sorted((resources.files("ucch.serving") / "page").iterdir(), key=lambda file: file.name)


def test_the_page_asks_nobody_else(client: TestClient) -> None:
    assert client.get("/").headers["content-type"] == "text/html; charset=utf-8"
    for file in PAGE:
        answer = client.get("/" if file.name == "index.html" else f"/{file.name}")
        assert answer.status_code == 200
        assert answer.content == file.read_bytes()
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        addresses = set(re.findall(r"https?://[^\s\"'`]+", answer.text))
        assert addresses <= {"http://www.w3.org/2000/svg"}  # a name space, asked by nobody
        assert " style=" not in answer.text  # the policy forbids it


def test_every_element_and_module_that_a_script_names_is_there() -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in PAGE}
    scripts = "".join(text for name, text in texts.items() if name.endswith(".js"))
    elements = set(re.findall(r'(?:part|getElementById)\("([\w-]+)"\)', scripts))
    modules = set(re.findall(r'from "\./([\w.]+)"', scripts))
    assert len(elements) > 20
    assert {name for name in elements if f'id="{name}"' not in texts["index.html"]} == set()
    assert modules | {"page.js"} == {name for name in texts if name.endswith(".js")}
