"""Codes without torch: ONNX graphs of a run, and a search page that any static server serves."""

from .code_graph import CodeGraph, pack_signs, place_values
from .encoder_graph import ImageGraph, TextGraph, encoder_graph
from .export_run import export_onnx
from .onnx_file import OPSET, write_onnx
from .site_text import text_settings, wordpiece_settings, write_text_model
from .static_site import write_site
from .web_runtime import runtime_files

__all__ = [
    "OPSET",
    "CodeGraph",
    "ImageGraph",
    "TextGraph",
    "encoder_graph",
    "export_onnx",
    "pack_signs",
    "place_values",
    "runtime_files",
    "text_settings",
    "wordpiece_settings",
    "write_onnx",
    "write_site",
    "write_text_model",
]
