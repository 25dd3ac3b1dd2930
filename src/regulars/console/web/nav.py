"""The side navigation: what a role may open, in the order of the house."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from regulars.console.accounts import Viewer
from regulars.console.i18n import _


class NavItem(Struct, frozen=True):
    """One entry. `key` tells the page which entry is current; `counts` names a figure shown beside it."""

    key: str
    href: str
    icon: str
    label: str
    counts: str | None = None


def navigation(viewer: Viewer) -> Sequence[NavItem]:
    """The entries this person may open; the others are absent."""
    items = [
        (NavItem("home", "/", "layout-dashboard", _("Home")), _EVERYBODY),
        (NavItem("customers", "/customers", "users", _("Customers")), _EVERYBODY),
        (NavItem("events", "/events", "activity", _("Live events"), counts="rejected"), _ENGINEERS),
    ]
    return [item for item, roles in items if viewer.role in roles]


_EVERYBODY = frozenset({"owner", "engineer", "marketer", "manager", "associate", "privacy"})
_ENGINEERS = frozenset({"owner", "engineer", "privacy"})


def may_open(viewer: Viewer, key: str) -> bool:
    """Whether the role of this person may open a page."""
    return any(item.key == key for item in navigation(viewer))
