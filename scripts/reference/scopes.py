"""The page of scopes: what an API key may be allowed."""

from __future__ import annotations

from regulars.vocabulary.scopes import SCOPES
from scripts.reference.markdown import code, table

HEAD = """# Scopes

What an API key may do. A key has one scope or more and nothing is implied, except that `*` stands for all. See
[Make, rotate and revoke API keys](../how-to/rotate-keys.md).

"""


def page() -> str:
    """Every scope with what it allows."""
    return HEAD + table(("Scope", "Allows"), ((code(scope.name), scope.help) for scope in SCOPES))
