"""What an API key may do: the list of scopes and the two questions asked of them.

A key carries a set of scopes and nothing is implied: a key that may write profiles may not read them
unless it says so. Only `*` stands for all. The reference page is generated from `SCOPES`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from .errors import Forbidden, InvalidInput

EVERYTHING: Final = "*"
EVENTS_WRITE: Final = "events:write"
PROFILES_READ: Final = "profiles:read"
PROFILES_WRITE: Final = "profiles:write"
PRIVACY: Final = "privacy"
PII_READ: Final = "pii:read"
TILL: Final = "till"
REPORTS_READ: Final = "reports:read"
ADMIN: Final = "admin"


class Scope(Struct, frozen=True):
    """One right, with the sentence that explains it."""

    name: str
    help: str


SCOPES: Final = (
    Scope(EVENTS_WRITE, "Send events of any kind, by the events API or the tracking API. Reads nothing."),
    Scope(PROFILES_READ, "Look up profiles, timelines and explanations. Contacts are masked."),
    Scope(PROFILES_WRITE, "Merge and unmerge profiles, record consent."),
    Scope(PRIVACY, "Erase a person and work on requests; with pii:read, export all that is kept of one."),
    Scope(PII_READ, "See emails, phones and names in clear wherever another scope shows a person."),
    Scope(TILL, "Work as a till: find and enrol members, quote, hold, confirm, return."),
    Scope(REPORTS_READ, "Read figures and reports, which name nobody."),
    Scope(
        ADMIN,
        "Set up the workspace: stores, products, sources, keys, loyalty programmes, segments and the audit trail; erase a person.",
    ),
    Scope(EVERYTHING, "Everything above. For trying things out, not for a shop."),
)
UNLIMITED: Final = frozenset({PRIVACY, ADMIN, EVERYTHING})
"""Scopes of the whole chain: a key that has one cannot be limited to stores."""
_NAMES: Final = frozenset(scope.name for scope in SCOPES)


def allows(granted: Collection[str], needed: str) -> bool:
    """True when a key with these scopes may do what `needed` names."""
    return needed in granted or EVERYTHING in granted


def require(granted: Collection[str], needed: str) -> None:
    """Raises Forbidden when the scopes do not allow it."""
    if not allows(granted, needed):
        raise Forbidden(f"This key lacks the scope {needed}. Make a key that has it: `regulars keys create`.")


def check_scopes(names: Iterable[str]) -> tuple[str, ...]:
    """The scopes asked for, without repeats, in the order of `SCOPES`. Raises InvalidInput on an unknown one."""
    wanted = set(names)
    unknown = sorted(wanted - _NAMES)
    if unknown:
        known = ", ".join(scope.name for scope in SCOPES)
        raise InvalidInput(f"{unknown[0]!r} is no scope. Scopes are: {known}.", field="scopes")
    if not wanted:
        raise InvalidInput("A key needs at least one scope.", field="scopes")
    return tuple(scope.name for scope in SCOPES if scope.name in wanted)
