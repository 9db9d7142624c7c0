"""What every public symbol of ``ucch.optim`` has: a page that names it, with a formula, an example and a source.

The build of the documentation and ``tests/test_docs_symbols.py`` ask :func:`lacking` for what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PAGES = ("code_table.md", "binary_optimizer.md", "optimizers/*.md", "binary_maps/*.md")
PARTS = {
    "a formula": r"^\$\$",
    "an example that runs": r"^```python\n",
    "a source": r"^Reference: ",
}


def pages_of(name: str, pages: Iterable[Path]) -> list[Path]:
    """The pages that name a symbol: by a role of Sphinx, or in a line that imports it."""
    role = rf"`(?:[^`<]*<)?~?ucch\.optim\.{name}>?`"
    found = re.compile(rf"{role}|^from ucch\.optim import [^\n]*\b{name}\b", re.M)
    return [page for page in pages if found.search(page.read_text(encoding="utf-8"))]


def lacking(names: Iterable[str], docs: Path = DOCS) -> list[str]:
    """What public symbols lack, a sentence each; nothing if all is there."""
    pages = sorted(page for pattern in PAGES for page in docs.glob(pattern))
    complaints = []
    for name in names:
        own = pages_of(name, pages)
        if not own:
            complaints.append(
                f"ucch.optim.{name} has no page: name it on one of {', '.join(PAGES)} as `ucch.optim.{name}`"
            )
        texts = [page.read_text(encoding="utf-8") for page in own]
        for part, pattern in PARTS.items() if own else ():
            if not any(re.search(pattern, text, re.M) for text in texts):
                complaints.append(f"ucch.optim.{name} has no page with {part}: {', '.join(page.name for page in own)}")
    return complaints
