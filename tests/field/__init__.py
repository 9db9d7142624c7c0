"""Inputs met in the field."""
