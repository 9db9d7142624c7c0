"""Steps of a reader on the page, and what must hold of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, {type: "image/png"}));
  document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true}));
}"""
BROKEN = "() => [...document.images].filter((one) => one.checkVisibility() && one.complete && !one.naturalWidth).length"
FOCUSED = "() => document.activeElement.dataset.id ?? document.activeElement.id"


def opener(browser: Any, url: str, wrong: list[str]) -> Open:
    """Opens the page in a new window; what goes wrong or outside is written down."""

    def open_page(path: str = "", before: Callable[[Any], None] = lambda page: None, **options: Any) -> Any:
        page = browser.new_page(**options)
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith((url, "blob:", "data:")) else wrong.append(one.url))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        before(page)
        page.goto(url + path)
        return page

    return open_page


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
