"""Saksi ("witness"): from a phone's exports to a sealed, verifiable case file. See docs/python.md for the Python names."""

from __future__ import annotations

__version__ = "0.1.0"
