"""Connectors: one vendor each. They read what a vendor says and render what we ask it; they open no socket.

Built-ins are found the way a third party's connector is: through the entry point group `regulars.connectors`,
each entry naming an object that fulfils `vocabulary.connector.Connector`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

from regulars.vocabulary.connector import Connector

GROUP: Final = "regulars.connectors"
BUILT_IN: Final = MappingProxyType(
    {
        "shopify": "regulars.connectors.shopify:CONNECTOR",
        "square": "regulars.connectors.square:CONNECTOR",
    }
)
"""Used for what the metadata lacks (a checkout that is not installed); a test holds it to pyproject.toml."""


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by name; an installed entry of the same name replaces a built-in."""
    found = {name: _load(target) for name, target in BUILT_IN.items()}
    for entry in sorted(entry_points(group=GROUP), key=_entry_name):
        found[entry.name] = entry.load()
    return MappingProxyType(found)


def _load(target: str) -> Connector:
    module, _, attribute = target.partition(":")
    loaded: Connector = getattr(import_module(module), attribute)
    return loaded


def _entry_name(entry: EntryPoint) -> str:
    return entry.name
