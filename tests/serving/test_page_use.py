"""The page by the keyboard, on a phone, in the dark, and by names alone."""

from __future__ import annotations

import pytest

from tests.serving.page_kit import FOCUSED, Open, ask, found, query, said, until


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
