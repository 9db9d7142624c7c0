"""The page where something is wrong, missing, weak, slow or gone: it is said, and nothing old stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving.kit import png
from tests.serving.page_kit import BROKEN, Open, ask, choose, found, query, said, until


def test_a_broken_picture_clears_what_was_found_and_says_why(opened: Open) -> None:
    page = opened()
    ask(page, "a boat")
    choose(page, "a.png", b"PK\x03\x04")
    said(page, "a.png: no image that Pillow can read")
    assert page.locator("#status.error").count() == 1
    assert (page.locator("#results li").count(), query(page), page.evaluate(BROKEN)) == (0, "", 0)
    assert not page.locator("#preview").is_visible()
    assert not page.locator("#again").is_visible()
    assert page.locator("#offers").is_visible()
    page.go_back()
    said(page, "6 items for “a boat”")
    choose(page, "a.zip", b"PK\x03\x04", "application/zip")
    said(page, "a.zip is no picture.")
    assert page.locator("#results li").count() == 0
    choose(page, "a.png", png("red"))
    said(page, "6 items for a.png")


def test_an_item_that_is_not_there_is_said(opened: Open) -> None:
    page = opened("?item=none.png")
    page.locator("#detail-status", has_text="no item 'none.png' in the index").wait_for()
    assert page.locator("#detail-picture").is_visible() is False
    page.keyboard.press("Escape")
    until(page, "location.search === ''")
    page.goto(page.url + "?like=none.png")
    said(page, "no item 'none.png' in the index")


@pytest.mark.parametrize(
    ("matches", "badges", "warned"),
    [
        ([(0.934, "likely"), (0.04, "weak")], ["likely, 93 %", "weak, 4 %"], False),
        ([(0.1, "weak"), (None, "weak")], ["weak, 10 %", "weak"], True),
        ([(None, None), (None, None)], [], False),
    ],
)
def test_a_weak_match_is_said(opened: Open, matches: Any, badges: list[str], warned: bool) -> None:
    def calibrated(route: Any) -> None:
        answer = route.fetch().json()
        answer["hits"] = [
            {**hit, "probability": probability, "match": match}
            for hit, (probability, match) in zip(answer["hits"], matches, strict=False)
        ]
        route.fulfill(json=answer)

    page = opened("?q=boat", before=lambda page: page.route("**/search", calibrated))
    assert len(found(page)) == 2
    assert page.locator("#results .match").all_inner_texts() == badges
    assert ("only the nearest" in page.inner_text("#status")) is warned


def test_a_picture_that_is_not_there_is_no_broken_one(opened: Open) -> None:
    page = opened("?q=boat", before=lambda page: page.route("**/picture?*", lambda route: route.fulfill(status=404)))
    found(page)
    page.locator("#results .missing").nth(5).wait_for()
    assert page.locator("#results img").count() == 0
    page.locator("#results a").first.click()
    page.locator("#detail-missing").wait_for()
    page.locator("#near .missing").nth(1).wait_for()
    until(page, f"({BROKEN})() === 0")


def test_a_slow_server_is_said(opened: Open) -> None:
    waiting: list[Any] = []
    page = opened(before=lambda page: page.clock.install())
    page.route("**/search", lambda route: waiting.append(route))
    page.fill("#text", "a boat")
    page.keyboard.press("Enter")
    for milliseconds, words in ((400, "Searching…"), (3_000, "the server is slow"), (10_000, "loading its encoder")):
        page.clock.fast_forward(milliseconds)
        said(page, words)
    assert page.get_attribute("#results", "aria-busy") == "true"
    waiting[0].continue_()
    said(page, "6 items for “a boat”")
    assert page.get_attribute("#results", "aria-busy") is None


@pytest.mark.parametrize("way", ["words", "picture"])
@pytest.mark.parametrize("cause", ["gone", "failing"])
def test_a_server_that_is_gone_is_said_and_asked_again(opened: Open, way: str, cause: str) -> None:
    page = opened()
    ask(page, "a boat")
    page.route(
        "**/search", lambda route: route.abort() if cause == "gone" else route.fulfill(status=502, body="<html>")
    )
    if way == "words":
        page.fill("#text", "uu")
        page.keyboard.press("Enter")
    else:
        choose(page, "mine.png", png("red"))
    said(page, {"gone": "Is ucch serve still running?", "failing": "cannot be read (status 502)"}[cause])
    assert page.locator("#results li").count() == 0
    page.unroute("**/search")
    page.get_by_role("button", name="Try again").click()
    said(page, {"words": "6 items for “uu”", "picture": "6 items for mine.png"}[way])
    assert not page.locator("#again").is_visible()


def test_a_server_that_is_gone_from_the_start_is_said(opened: Open) -> None:
    page = opened(before=lambda page: page.route("**/health", lambda route: route.abort()))
    said(page, "Is ucch serve still running?")
    page.unroute("**/health")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("#offers a")
    assert page.inner_text("#status").strip() == ""


def test_an_old_answer_never_replaces_a_newer_one(opened: Open) -> None:
    waiting: list[Any] = []
    page = opened()
    page.route(
        "**/search", lambda route: waiting.append(route) if "slow" in route.request.post_data else route.continue_()
    )
    page.fill("#text", "slow")
    page.keyboard.press("Enter")
    until(page, "location.search === '?q=slow'")
    ask(page, "a boat")
    assert len(waiting) == 1
    said(page, "6 items for “a boat”")
    assert page.locator("#status.error").count() == 0


def test_no_words_keep_what_was_found(opened: Open) -> None:
    page = opened()
    ask(page, "a boat")
    page.fill("#text", "  ")
    page.keyboard.press("Enter")
    assert page.inner_text("#status.error").strip() == "Type some words, or choose a picture."
    assert (page.locator("#results li").count(), query(page)) == (6, "?q=a boat")
