"""The page in a browser: words, pictures, an item opened, and the address that brings each back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.serving.browser import running
from tests.serving.conftest import Served
from tests.serving.kit import NAMES, in_base64, png
from tests.serving.page_kit import BROKEN, DROP, Open, ask, choose, found, opener, query, red_is_nearest, said, until
from ucch.retrieval import BinaryIndex
from ucch.serving import QueryEncoder, SearchService


class Featured(QueryEncoder):
    """An encoder of a run that was trained on features."""

    def knows(self, modality: str) -> bool:
        return False


def bare(served: Served, kind: str) -> SearchService:
    """Items without pictures and texts: 60 of them, of a run on features, or none at all."""
    encoder = Featured(served.run.path) if kind == "features" else served.service.encoder
    codes = np.random.default_rng(0).integers(0, 256, (0 if kind == "empty" else 60, 2), dtype=np.uint8)
    return SearchService(encoder, BinaryIndex.build(codes & np.array([255, 240], np.uint8), 12))


@pytest.fixture(scope="module", params=["words", "features", "empty"])
def opened_bare(browser: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[tuple[str, Open]]:
    """The page of items without pictures and texts."""
    wrong: list[str] = []
    with running(bare(served, request.param)) as url:
        yield request.param, opener(browser, url, wrong)
    assert wrong == []


def test_words_find_items_with_the_bits_that_differ(opened: Open) -> None:
    page = opened()
    assert sorted(ask(page, "a boat")) == sorted(NAMES)
    assert page.inner_text("#status").strip() == "6 items for “a boat”"
    assert "to encode" in page.inner_text("#timing")
    first = page.locator("#results li").first
    differing = int(first.locator(".distance").inner_text().split()[0])
    assert first.locator("rect").count() == 12
    assert first.locator("rect.differs").count() == differing
    assert page.locator("#served").inner_text() == "6 items, codes of 12 bits, flat index"
    assert page.title() == "a boat | ucch search"


def test_an_empty_page_offers_words_of_the_collection(opened: Open) -> None:
    page = opened()
    offers = page.locator("#offers a")
    offers.first.wait_for()
    assert offers.all_inner_texts() == ["boat", "sea", "snow"]
    assert page.locator("#start-heading").inner_text() == "Words of this collection"
    offers.first.click()
    said(page, "6 items for “boat”")
    assert query(page) == "?q=boat"
    assert not page.locator("#start").is_visible()
    page.get_by_role("link", name="Search", exact=True).click()
    offers.first.wait_for()
    assert (query(page), page.locator("#results li").count(), page.input_value("#text")) == ("", 0, "")


def test_reload_back_and_a_bookmark_restore_words_and_item(opened: Open) -> None:
    page = opened()
    first, second = ask(page, "a boat"), ask(page, "uu")
    assert query(page) == "?q=uu"
    page.go_back()
    said(page, "“a boat”")
    assert (found(page), page.input_value("#text"), query(page)) == (first, "a boat", "?q=a boat")
    page.get_by_role("link", name="red.png").click()
    assert query(page) == "?q=a boat&item=red.png"
    page.reload()
    page.wait_for_selector("#detail[open]")
    assert (page.inner_text("#detail-name"), found(page)) == ("red.png", first)
    bookmark = opened(page.url.split("/", 3)[3])
    bookmark.wait_for_selector("#near li")
    bookmark.wait_for_selector("#results li")
    assert bookmark.inner_text("#rank") == f"{first.index('red.png') + 1} of 6"
    bookmark.get_by_role("button", name="Close").click()
    bookmark.wait_for_selector("#detail:not([open])", state="attached")
    assert query(bookmark) == "?q=a boat"
    page.go_back()
    page.wait_for_selector("#detail:not([open])", state="attached")
    assert (query(page), found(page)) == ("?q=a boat", first)
    page.evaluate("history.go(-1)")
    page.wait_for_selector("#start:not([hidden])")
    page.go_forward()
    page.go_forward()
    page.wait_for_selector("#detail[open]")
    assert second


@pytest.mark.parametrize("way", ["drop", "choose"])
def test_a_picture_finds_itself_and_its_code_is_its_address(opened: Open, way: str) -> None:
    page = opened()
    if way == "drop":
        page.evaluate(DROP, ["mine.png", in_base64(png("red"))])
    else:
        choose(page, "mine.png", png("red"))
    said(page, "6 items for mine.png")
    red_is_nearest(page)
    names = found(page)
    assert page.locator("#preview").is_visible()
    assert query(page).startswith("?code=")
    page.reload()
    said(page, "6 items for mine.png")
    assert page.locator("#preview").is_visible()
    assert page.evaluate(BROKEN) == 0
    elsewhere = opened(page.url.split("/", 3)[3])
    said(elsewhere, "a picture that this address knows by its code alone")
    assert found(elsewhere) == names
    assert not elsewhere.locator("#preview").is_visible()
    page.go_back()
    page.wait_for_selector("#start:not([hidden])")
    assert not page.locator("#preview").is_visible()


def test_an_item_opens_with_its_texts_and_neighbours(opened: Open) -> None:
    page = opened()
    ask(page, "a boat")
    page.get_by_role("link", name="red.png").click()
    page.wait_for_selector("#near li")
    assert page.locator("#detail-name").inner_text() == "red.png"
    assert page.locator("#detail-texts li").all_inner_texts() == ["a red one", "a boat"]
    assert page.locator("#detail-picture").get_attribute("alt") == "a red one"
    near = page.locator("#near .name").all_inner_texts()
    assert sorted(near) == sorted(set(NAMES) - {"red.png"})
    page.locator("#near a").first.click()
    page.locator("#detail-name", has_text=near[0]).wait_for()
    assert query(page) == f"?q=a boat&item={near[0]}"
    page.go_back()
    page.locator("#detail-name", has_text="red.png").wait_for()
    page.locator("#near a").nth(1).click()
    page.get_by_role("button", name="Close").click()  # leads past both items
    until(page, "location.search === '?q=a+boat'")
    assert page.evaluate("history.state.depth") == 0
    page.get_by_role("link", name="red.png").click()
    page.get_by_role("link", name="More like this").click()
    said(page, "6 items for red.png")
    assert query(page) == "?like=red.png"
    assert not page.locator("#detail").is_visible()
    red_is_nearest(page)


def test_a_picture_may_be_pasted_while_an_item_is_open(opened: Open) -> None:
    page = opened("?q=boat&item=red.png")
    page.wait_for_selector("#near li")
    page.evaluate(
        DROP.replace('DragEvent("drop", {dataTransfer', 'ClipboardEvent("paste", {clipboardData'),
        ["mine.png", in_base64(png("red"))],
    )
    said(page, "6 items for mine.png")
    assert not page.locator("#detail").is_visible()
    page.go_back()
    page.wait_for_selector("#detail[open]")
    assert page.inner_text("#detail-name") == "red.png"
    said(page, "6 items for “boat”")


def test_steps_in_the_history_may_come_faster_than_answers(opened: Open) -> None:
    page = opened("?q=boat")
    found(page)
    page.get_by_role("link", name="red.png").click()
    page.get_by_role("link", name="More like this").click()
    said(page, "6 items for red.png")
    for step, there in [
        (-1, "?q=boat&item=red.png"),
        (-1, "?q=boat"),
        (1, "?q=boat&item=red.png"),
        (1, "?like=red.png"),
        (-1, "?q=boat&item=red.png"),
    ]:
        page.evaluate("step => { history.go(step); }", step)
        until(page, f"location.search === '{there}'")
    until(page, "location.search === '?q=boat&item=red.png' && document.getElementById('detail').open")
    said(page, "6 items for “boat”")
    page.keyboard.press("Escape")
    until(page, "location.search === '?q=boat' && !document.getElementById('detail').open")
    assert len(found(page)) == 6


def test_an_answer_that_comes_late_takes_no_other_place(opened: Open) -> None:
    page = opened("?q=boat")
    hits = found(page)
    page.evaluate(
        """() => {
            const search = window.fetch;
            window.fetch = async (path, options) => {
                if (String(options?.body).includes("like")) await new Promise((go) => setTimeout(go, 600));
                return search(path, options);
            };
        }"""
    )
    page.evaluate(
        """() => {
            const link = document.createElement("a");
            link.href = "?like=red.png";
            document.body.append(link);
            link.click();
        }"""
    )
    until(page, "location.search === '?like=red.png' && document.title.startsWith('red.png')")
    page.go_back()
    until(page, "location.search === '?q=boat'")
    page.wait_for_timeout(1500)  # by now the late answer would be there
    said(page, "6 items for “boat”")
    assert (found(page), page.input_value("#text"), page.title()) == (hits, "boat", "boat | ucch search")
    assert page.get_attribute("#results", "aria-busy") is None


def test_items_without_pictures_and_texts(opened_bare: tuple[str, Open]) -> None:
    kind, open_page = opened_bare
    page = open_page()
    limits = page.locator("#limits")
    if kind == "empty":
        limits.filter(has_text="The index is empty.").wait_for()
        assert not page.locator("#start").is_visible()
        page.fill("#text", "a boat")
        page.keyboard.press("Enter")
        said(page, "Nothing found for “a boat”: the index is empty.")
        return
    page.wait_for_selector("#offers a")
    assert page.locator("#offers .name").all_inner_texts() == ["10", "30", "50"]
    assert page.locator("#start-heading").inner_text() == "Begin with one of these"
    assert limits.is_visible() == (kind == "features")
    assert page.locator("#by-words").is_visible() == page.locator("#drop").is_visible() == (kind == "words")
    page.locator("#offers a").nth(1).click()
    said(page, "24 items for 30")
    assert found(page)[0] == "30"
    page.locator("#results a").first.click()
    page.wait_for_selector("#near li")
    assert page.locator("#near li").count() == 8
    assert page.locator("img:visible").count() == 0


def test_the_place_in_a_long_answer_is_restored(browser: Any, served: Served) -> None:
    wrong: list[str] = []
    with running(bare(served, "words")) as url:
        page = opener(browser, url, wrong)("?q=boat", viewport={"width": 700, "height": 400})
        assert len(found(page)) == 24
        page.route("**/search", lambda route: route.abort())
        page.get_by_role("button", name="Show more").click()
        said(page, "Is ucch serve still running?")  # what was found before stays
        assert (page.locator("#results li").count(), "n=" in query(page)) == (24, False)
        page.unroute("**/search")
        page.get_by_role("button", name="Show more").click()
        page.wait_for_selector("#results li:nth-child(48)")
        assert page.evaluate("[...document.querySelectorAll('#results a')].indexOf(document.activeElement)") == 24
        until(page, "location.search.includes('at=')")
        names = found(page)
        page.get_by_role("button", name="Show more").click()
        page.wait_for_selector("#results li:nth-child(60)")
        assert not page.locator("#more").is_visible()
        assert found(page)[:48] == names
        page.locator("#results li").nth(40).evaluate("one => one.scrollIntoView()")
        until(page, "Math.abs(Number(new URLSearchParams(location.search).get('at')) - 41) < 6")
        place = int(page.evaluate("new URLSearchParams(location.search).get('at')"))
        page.reload()
        page.wait_for_selector("#results li:nth-child(60)")
        top = page.locator("#results li").nth(place - 1).evaluate("one => one.getBoundingClientRect().top")
        assert -40 <= top <= 40
        page.locator("#results a").nth(place).click()
        page.get_by_role("link", name="More like this").click()
        until(page, "location.search.startsWith('?like=') && scrollY === 0")
        page.go_back()  # to the item
        page.go_back()  # to the place in the answer
        page.wait_for_selector("#results li:nth-child(60)")
        until(page, "scrollY > 400")
        assert f"at={place}" in query(page)
    assert wrong == []
