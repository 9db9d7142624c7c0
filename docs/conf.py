"""Sphinx configuration; ``make docs`` builds with warnings as errors."""

from __future__ import annotations

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
autodoc_member_order = "bysource"
napoleon_custom_sections = ["Shape", "Reference", "Cost"]
napoleon_use_ivar = True
suppress_warnings = ["ref.python"]
