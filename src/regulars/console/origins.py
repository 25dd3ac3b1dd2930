"""Where a session was begun: the client's address and, in two words, its browser and system.

A user agent's whole text can tell one person's device from another's, so only the two words are kept.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

ADDRESS_CHARACTERS_MAX: Final = 64
# The first one that occurs is it: browsers claim to be those they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Chromium/", "Chromium"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class Origin(Struct, frozen=True, omit_defaults=True):
    """What is sealed in a session; empty where it is not known."""

    address: str = ""
    browser: str = ""
    system: str = ""


def origin_of(address: str, user_agent: str) -> Origin:
    """What is kept of a request's address and user agent."""
    return Origin(
        address[:ADDRESS_CHARACTERS_MAX], _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    )


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for part, name in known if part in user_agent), "")
