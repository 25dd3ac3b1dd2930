"""The page of the command line."""

from __future__ import annotations

import importlib


def page() -> str:
    """Every command with its arguments and flags, as its own help tells them."""
    app = importlib.import_module("regulars.cli").app
    text: str = app.generate_docs(output_format="markdown", recursive=True, include_hidden=False)
    return text.rstrip() + "\n"
