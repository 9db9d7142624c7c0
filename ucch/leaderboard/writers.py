"""The pages of a leaderboard in Markdown, HTML and LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from .layout import Page, Table

__all__ = ["WRITERS", "html_page", "latex_page", "markdown_page"]

_PRINTED = "Printed in papers"
_APART = "Not measured here and not to be ranked with the rows above: other features, other splits, other protocols."

_LATEX = {"±": r"$\pm$", "→": r"$\to$", "†": r"\dag", "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "*": r"$^{*}$"}

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1d2733}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.6rem 0 2rem}
th,td{padding:.2rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #dde3ea}
th:first-child,td:first-child{text-align:left}tr.strong{font-weight:600;background:#eef4fa}
.printed{border-top:3px double #8a97a5;margin-top:3rem}"""


def markdown_page(page: Page) -> str:
    """Write a page as Markdown; the default's row is set in bold."""
    parts = [f"# {page.title}", *page.text, "## Measured", *(_markdown_table(table) for table in page.measured)]
    if page.printed:
        parts += [f"## {_PRINTED}", _APART, *(_markdown_table(table) for table in page.printed)]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    rows = [
        [f"**{word}**" if number in table.strong and place < 4 else word for place, word in enumerate(row)]
        for number, row in enumerate(table.rows)
    ]
    rule = "|---|" + "---:|" * (len(table.heads) - 1)
    lines = [" | ".join(words).join(("| ", " |")) for words in (table.heads, *rows)]
    return "\n\n".join([f"### {table.heading}", " ".join(table.text), "\n".join([lines[0], rule, *lines[1:]])])


def html_page(page: Page) -> str:
    """Write a page as one HTML file without scripts; wide tables scroll by themselves."""
    parts = [f"<h1>{escape(page.title)}</h1>", *(f"<p>{escape(text)}</p>" for text in page.text)]
    parts += [_html_table(table) for table in page.measured]
    if page.printed:
        printed = "".join(_html_table(table) for table in page.printed)
        parts.append(f'<section class="printed"><h2>{_PRINTED}</h2><p>{_APART}</p>{printed}</section>')
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{escape(page.title)}</title><style>{_STYLE}</style>"
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in table.heads)
    rows = [
        f"<tr{' class=strong' if number in table.strong else ''}>"
        + "".join(f"<td>{escape(word)}</td>" for word in row)
        + "</tr>"
        for number, row in enumerate(table.rows)
    ]
    return (
        f"<h3>{escape(table.heading)}</h3><p>{escape(' '.join(table.text))}</p>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def latex_page(page: Page) -> str:
    """Write the tables as LaTeX ``table`` environments, to be included; needs no package."""
    parts = [f"% {page.title}", *(_latex_table(table) for table in page.measured)]
    if page.printed:
        parts += [f"% {_PRINTED}: {_APART}", *(_latex_table(table) for table in page.printed)]
    return "\n\n".join(parts) + "\n"


def _latex_table(table: Table) -> str:
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{_latex(table.heading)}. {_latex(' '.join(table.text))}}}"]
    lines += [rf"\begin{{tabular}}{{l{'r' * (len(table.heads) - 1)}}}", r"\hline"]
    lines += [" & ".join(map(_latex, table.heads)) + r" \\", r"\hline"]
    for number, row in enumerate(table.rows):
        words = [_latex(word) for word in row]
        if number in table.strong:
            words[0] = rf"\textbf{{{words[0]}}}"
        lines.append(" & ".join(words) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", r"\end{table}"])


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


WRITERS: dict[str, Callable[[Page], str]] = {"md": markdown_page, "html": html_page, "tex": latex_page}
