"""Regulars: one live customer profile from every till and channel of a shop."""

__version__ = "0.1.0"
