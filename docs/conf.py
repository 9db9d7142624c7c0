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
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_custom_sections = [("Shape", "params_style"), "Reference", "Cost"]
suppress_warnings = ["ref.python"]
