"""The page in a browser: words, a dropped picture, a result opened, keyboard, colours, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.serving.browser import chromium, running
from tests.serving.conftest import Served
from tests.serving.kit import NAMES, in_base64, png

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ucch[serve]'")

Open = Callable[..., Any]
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, {type: "image/png"}));
  document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true}));
}"""


@pytest.fixture(scope="module")
def opened(served: Served) -> Iterator[Open]:
    """Open the page in a new window; at the end nothing may have gone wrong or outside."""
    wrong: list[str] = []
    with chromium() as browser, running(served.service) as url:

        def open_page(**options: Any) -> Any:
            page = browser.new_page(**options)
            page.set_default_timeout(20_000)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on(
                "request",
                lambda one: None if one.url.startswith((url, "blob:", "data:")) else wrong.append(one.url),
            )
            page.goto(url)
            return page

        yield open_page
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


def test_words_find_items_with_the_bits_that_differ(opened: Open) -> None:
    page = opened()
    assert sorted(ask(page, "a boat")) == sorted(NAMES)
    assert "6 items for “a boat”" in page.inner_text("#status")
    first = page.locator("#results li").first
    differing = int(first.locator(".distance").inner_text().split()[0])
    assert first.locator("rect").count() == 12
    assert first.locator("rect.differs").count() == differing
    assert page.locator("#served").inner_text() == "6 items, codes of 12 bits, flat index"


@pytest.mark.parametrize("way", ["drop", "choose"])
def test_a_picture_finds_itself(opened: Open, way: str) -> None:
    page = opened()
    if way == "drop":
        page.evaluate(DROP, ["mine.png", in_base64(png("red"))])
    else:
        page.set_input_files("#file", {"name": "mine.png", "mimeType": "image/png", "buffer": png("red")})
    said(page, "mine.png")
    nearest = page.locator("#results li").filter(has_text="0 of 12 bits differ")
    assert "red.png" in nearest.locator(".name").all_inner_texts()
    assert page.locator("#preview").is_visible()


def test_a_result_opens_and_more_like_it_are_found(opened: Open) -> None:
    page = opened()
    ask(page, "a boat")
    page.get_by_role("button", name="red.png").click()
    assert page.locator("#detail-name").inner_text() == "red.png"
    assert page.locator("#detail-text").inner_text() == "a red one"
    assert page.locator("#detail-picture").get_attribute("alt") == "a red one"
    page.get_by_role("button", name="More like this").click()
    said(page, "for red.png")
    nearest = page.locator("#results li").filter(has_text="0 of 12 bits differ")
    assert "red.png" in nearest.locator(".name").all_inner_texts()


def test_the_keyboard_alone_is_enough(opened: Open) -> None:
    page = opened()
    page.keyboard.type("a boat")
    page.keyboard.press("Enter")
    found(page)
    for _ in range(3):  # button, picture, first result
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#detail:not([open])", state="attached")
    assert page.evaluate("document.activeElement.closest('li') !== null")


def test_what_goes_wrong_is_said(opened: Open) -> None:
    page = opened()
    page.click("text=Search >> nth=-1")
    assert page.inner_text("#status.error") == "Type some words, or choose a picture"
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"PK\x03\x04"})
    said(page, "no image that Pillow can read")
    page.set_input_files("#file", {"name": "a.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04"})
    assert page.inner_text("#status.error") == "a.zip is no picture"
    assert page.get_by_role("status").count() == 1


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
    page.locator("#results button").first.tap()
    page.wait_for_selector("#detail[open]")
    for button in page.locator("button:visible").all():
        assert button.bounding_box()["height"] >= 44
