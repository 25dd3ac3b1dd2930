"""The side navigation: what a role may open, in the order of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from regulars.console.accounts import Viewer
from regulars.console.i18n import _


class NavItem(Struct, frozen=True):
    """One entry. `key` tells the page which entry is current; `counts` names a figure shown beside it."""

    key: str
    href: str
    icon: str
    label: str
    group: str = ""
    counts: str | None = None


MAY_OPEN: Final[Mapping[str, frozenset[str]]] = {
    "home": frozenset({"owner", "engineer", "marketer", "manager", "privacy"}),
    "customers": frozenset({"owner", "engineer", "marketer", "manager", "associate", "privacy"}),
    "customer-file": frozenset({"owner", "marketer", "manager", "privacy"}),
    "adjustments": frozenset({"owner", "marketer", "manager", "associate"}),
    "approvals": frozenset({"owner", "marketer", "manager", "associate"}),
    "approve": frozenset({"owner", "manager"}),
    "duplicates": frozenset({"owner", "engineer", "marketer", "manager", "privacy"}),
    "store": frozenset({"owner", "manager", "associate"}),
    "events": frozenset({"owner", "engineer", "privacy"}),
    "loyalty": frozenset({"owner", "engineer", "marketer", "manager", "privacy"}),
    "loyalty-edit": frozenset({"owner", "marketer"}),
    "promotions": frozenset({"owner", "engineer", "marketer", "manager", "privacy"}),
    "promotions-edit": frozenset({"owner", "marketer"}),
    "reports": frozenset({"owner", "marketer", "manager"}),
    "requests": frozenset({"owner", "privacy"}),
    "audit": frozenset({"owner", "privacy"}),
    "keys": frozenset({"owner", "engineer"}),
    "webhooks": frozenset({"owner", "engineer"}),
    "matching": frozenset({"owner", "engineer"}),
    "people": frozenset({"owner"}),
    "settings": frozenset({"owner", "engineer"}),
    "appearance": frozenset({"owner"}),
    "staff": frozenset({"owner"}),
}
"""Which roles may open a page, and do what it offers."""


def navigation(viewer: Viewer) -> Sequence[NavItem]:
    """The entries this person may open; the others are absent."""
    return [item for item in entries() if may_open(viewer, item.key)]


def entries() -> Sequence[NavItem]:
    """All entries, in their order."""
    return [
        NavItem("home", "/", "layout-dashboard", _("Home")),
        NavItem("customers", "/customers", "users", _("Customers")),
        NavItem("store", "/store", "building-store", _("Store screen")),
        NavItem("events", "/events", "activity", _("Live events"), counts="rejected"),
        NavItem("loyalty", "/loyalty", "star", _("Loyalty"), group=_("Engage")),
        NavItem(
            "approvals", "/approvals", "circle-check", _("Approvals"), group=_("Engage"), counts="approvals"
        ),
        NavItem("promotions", "/promotions", "tag", _("Promotions"), group=_("Engage")),
        NavItem("reports", "/reports/sales", "chart-bar", _("Reports"), group=_("Insight")),
        NavItem("requests", "/requests", "inbox", _("Requests"), group=_("Trust"), counts="requests"),
        NavItem("audit", "/audit", "shield-check", _("Audit log"), group=_("Trust")),
        NavItem("keys", "/keys", "key", _("Sources and keys"), group=_("Set-up")),
        NavItem("webhooks", "/webhooks", "send", _("Webhooks"), group=_("Set-up")),
        NavItem("matching", "/matching", "fingerprint", _("Matching"), group=_("Set-up")),
        NavItem("people", "/people", "user-circle", _("People and roles"), group=_("Set-up")),
        NavItem("settings", "/settings", "settings", _("Settings"), group=_("Set-up")),
    ]


def may_open(viewer: Viewer, key: str) -> bool:
    """Whether the role of this person may open a page."""
    return viewer.role in MAY_OPEN[key]
