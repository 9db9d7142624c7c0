"""Sphinx configuration; ``make docs`` builds with warnings as errors. The pages ask no other server for anything."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator

sys.path.insert(0, str(Path(__file__).parent))

from public_symbols import lacking

project = "ucch"
author = "The ucch developers"
copyright = "2026, the ucch developers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "ucch"
html_static_path = ["_static"]
html_css_files = ["ucch.css"]
myst_html_meta = {"description": "Short binary codes that pictures and texts share, learnt from pairs without labels"}
autodoc_typehints = "none"
autodoc_mock_imports = ["sentence_transformers", "transformers"]  # base classes of ucch.sentence
autodoc_member_order = "bysource"
napoleon_custom_sections = ["Shape", "Reference", "Cost"]
napoleon_use_ivar = True
suppress_warnings = ["ref.python"]
html_math_renderer = "mathml"  # MathJax would come from a server, and without it formulas stay LaTeX


def mathml(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML, which browsers draw by themselves."""
    tex = re.sub(r"\\([td]?frac)(\d)(\w)", r"\\\1{\2}{\3}", node.astext())  # docutils reads \frac12 as twelve over ...
    tex = re.sub(r"\\(big|Big)(?=[(\[])", r"\\\1l", re.sub(r"\\(big|Big)(?=[)\]])", r"\\\1r", tex))  # and no bare \big
    tex = re.sub(r"\\(big|Big)(?![a-zA-Z])", "", tex)  # before bars
    block = isinstance(node, nodes.math_block)
    formula = str(latex2mathml.tex2mathml(tex, as_block=block))
    translator.body.append(f'<div class="math-wrapper">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def check_public_symbols(app: Sphinx) -> None:
    """Refuse to build while a public symbol lacks a page, a formula, an example or a source."""
    import ucch.optim

    complaints = lacking(ucch.optim.__all__)
    if complaints:
        raise ExtensionError("\n".join(complaints))


def setup(app: Sphinx) -> None:
    """Register the renderer of formulas and the check of public symbols."""
    app.connect("builder-inited", check_public_symbols)
    app.add_html_math_renderer("mathml", inline_renderers=(mathml, None), block_renderers=(mathml, None))
