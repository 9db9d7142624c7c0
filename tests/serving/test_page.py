"""The page in a browser: its address, words, pictures, an item opened, keyboard, what goes wrong, colours, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.serving.browser import chromium, running
from tests.serving.conftest import Served
from tests.serving.kit import NAMES, in_base64, png
from ucch.retrieval import BinaryIndex
from ucch.serving import QueryEncoder, SearchService

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")

Open = Callable[..., Any]
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, {type: "image/png"}));
  document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true}));
}"""
BROKEN = "() => [...document.images].filter((one) => one.checkVisibility() && one.complete && !one.naturalWidth).length"
FOCUSED = "() => document.activeElement.dataset.id ?? document.activeElement.id"


class Featured(QueryEncoder):
    """An encoder of a run that was trained on features."""

    knows_encoders = property(lambda self: False)  # type: ignore[assignment]


def bare(served: Served, kind: str) -> SearchService:
    """Items without pictures and texts: 60 of them, of a run on features, or none at all."""
    encoder = Featured(served.run.path) if kind == "features" else served.service.encoder
    codes = np.random.default_rng(0).integers(0, 256, (0 if kind == "empty" else 60, 2), dtype=np.uint8)
    return SearchService(encoder, BinaryIndex.build(codes & np.array([255, 240], np.uint8), 12))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def opener(browser: Any, url: str, wrong: list[str]) -> Open:
    """Opens the page in a new window; what goes wrong or outside is written down."""

    def open_page(path: str = "", before: Callable[[Any], None] = lambda page: None, **options: Any) -> Any:
        page = browser.new_page(**options)
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith((url, "blob:", "data:")) else wrong.append(one.url))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        before(page)
        page.goto(url + path)
        return page

    return open_page


@pytest.fixture(scope="module")
def opened(browser: Any, served: Served) -> Iterator[Open]:
    """The page of six pictures; at the end nothing may have gone wrong or outside."""
    wrong: list[str] = []
    with running(served.service) as url:
        yield opener(browser, url, wrong)
    assert wrong == []


@pytest.fixture(scope="module", params=["words", "features", "empty"])
def opened_bare(browser: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[tuple[str, Open]]:
    """The page of items without pictures and texts."""
    wrong: list[str] = []
    with running(bare(served, request.param)) as url:
        yield request.param, opener(browser, url, wrong)
    assert wrong == []


def found(page: Any) -> list[str]:
    page.wait_for_selector("#results li")
    return list(page.locator("#results .name").all_inner_texts())


def said(page: Any, words: str) -> None:
    page.locator("#status", has_text=words).wait_for()


def ask(page: Any, words: str) -> list[str]:
    page.fill("#text", words)
    page.keyboard.press("Enter")
    said(page, f"“{words}”")
    return found(page)


def until(page: Any, truth: str) -> None:
    """Wait until an expression holds; the page's policy forbids Playwright's own way."""
    for _ in range(1000):
        if page.evaluate(truth):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never true: {truth}")


def query(page: Any) -> str:
    """What stands in the address after the path."""
    return str(page.evaluate("decodeURIComponent(location.search.replaceAll('+', ' '))"))


def choose(page: Any, name: str, content: bytes, kind: str = "image/png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})


def red_is_nearest(page: Any) -> None:
    nearest = page.locator("#results li").filter(has_text="0 of 12 bits differ")
    assert "red.png" in nearest.locator(".name").all_inner_texts()


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


def test_an_item_that_is_not_there_is_said(opened: Open) -> None:
    page = opened("?item=none.png")
    page.locator("#detail-status", has_text="no item 'none.png' in the index").wait_for()
    page.keyboard.press("Escape")
    until(page, "location.search === ''")
    page.goto(page.url + "?like=none.png")
    said(page, "no item 'none.png' in the index")


def test_the_keyboard_alone_is_enough(opened: Open) -> None:
    page = opened(viewport={"width": 800, "height": 600})
    page.keyboard.type("a boat")
    page.keyboard.press("Enter")
    names = found(page)
    for _ in range(3):  # button, picture, first result
        page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == names[0]
    row = page.evaluate("getComputedStyle(document.getElementById('results')).gridTemplateColumns.split(' ').length")
    assert 1 < row < 6
    keys = [
        ("ArrowRight", 1),
        ("ArrowDown", 1 + row if 1 + row < 6 else 1),
        ("Home", 0),
        ("ArrowDown", row),
        ("ArrowUp", 0),
        ("ArrowLeft", 0),
        ("End", 5),
        ("ArrowRight", 5),
        ("ArrowLeft", 4),
    ]
    for key, place in keys:
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == names[place], key
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail[open]")
    assert page.inner_text("#rank") == "5 of 6"
    page.keyboard.press("ArrowLeft")
    assert (page.inner_text("#rank"), page.inner_text("#detail-name")) == ("4 of 6", names[3])
    assert query(page) == f"?q=a boat&item={names[3]}"
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#rank") == "6 of 6"
    assert page.locator("#next").is_disabled()
    page.keyboard.press("Escape")
    page.wait_for_selector("#detail:not([open])", state="attached")
    assert page.evaluate(FOCUSED) == names[5]
    until(page, "location.search === '?q=a+boat'")
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "text"
    page.locator("#results a").first.focus()
    page.keyboard.press("/")
    page.keyboard.type("e")
    assert (page.evaluate(FOCUSED), page.input_value("#text")) == ("text", "e")


def test_the_first_key_can_skip_to_the_results(opened: Open) -> None:
    page = opened("?q=boat")
    names = found(page)
    page.locator("#skip").focus()
    assert page.locator("#skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert (page.evaluate(FOCUSED), query(page)) == ("results", "?q=boat")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == names[0]


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


def test_a_long_query_is_shortened_where_it_is_shown(opened: Open) -> None:
    words = " ".join(["a boat on the water"] * 20)
    page = opened(f"?q={words}")
    names = found(page)
    shown = page.inner_text("#words")
    assert shown.endswith("…”")
    assert len(shown) < 80
    assert len(page.title()) < 60
    assert page.get_attribute("#words", "title") == words
    assert (page.input_value("#text"), len(names)) == (words, 6)
    page.goto(page.url.split("?")[0] + "?q=" + "a" * 2001)
    said(page, "at most 2000 characters")


def test_a_picture_that_is_not_there_is_no_broken_one(opened: Open) -> None:
    page = opened("?q=boat", before=lambda page: page.route("**/picture?*", lambda route: route.fulfill(status=404)))
    found(page)
    page.locator("#results .missing").nth(5).wait_for()
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


def test_all_there_is_to_use_has_a_name(opened: Open) -> None:
    page = opened("?q=boat&item=red.png")
    found(page)
    page.wait_for_selector("#near li")
    for one in page.locator("a, button, input, img:visible").all():
        label = (
            "one => (one.getAttribute('aria-label') ?? one.labels?.[0]?.innerText ?? one.alt ?? '') + one.textContent"
        )
        inside = one.evaluate("one => one.tagName === 'IMG' && one.closest('a') !== null")  # its card names it
        assert inside or one.evaluate(label).strip(), one.evaluate("one => one.outerHTML")
    assert page.get_by_role("status").count() == 1  # behind the dialog the other one is hidden
    page.keyboard.press("Escape")
    assert page.get_attribute("#status", "aria-live") == "polite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_until_chosen(opened: Open, scheme: str) -> None:
    page = opened(color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    other = {"light": "dark", "dark": "light"}[scheme]
    page.get_by_role("button", name=f"Use {other} colours").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == other


def test_a_phone_scrolls_one_way_and_its_buttons_are_large(opened: Open) -> None:
    page = opened(viewport={"width": 360, "height": 740}, has_touch=True)
    ask(page, "a boat")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#results a").first.tap()
    page.wait_for_selector("#detail[open]")
    for button in page.locator("button:visible, a.button:visible").all():
        assert button.bounding_box()["height"] >= 44
