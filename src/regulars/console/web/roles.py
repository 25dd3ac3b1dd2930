"""Roles in words."""

from __future__ import annotations

from regulars.console.i18n import _


def role_words() -> dict[str, tuple[str, str]]:
    """Name and purpose of each role."""
    return {
        "owner": (_("Owner"), _("Everything, and who else may enter.")),
        "engineer": (_("Engineer"), _("Sources, keys, and events that went wrong. Contacts are masked.")),
        "marketer": (_("Marketer"), _("Customers, figures and reports. Contacts are masked.")),
        "manager": (
            _("Store manager"),
            _(
                "The store screen, customers, figures and reports, contacts in clear. Can be limited to stores."
            ),
        ),
        "associate": (
            _("Associate"),
            _(
                "Finds and enters customers in the store. Contacts are masked, spend is left out. Can be limited to stores."
            ),
        ),
        "privacy": (
            _("Privacy officer"),
            _("Requests and consent, customers, events and the audit log. Contacts in clear."),
        ),
    }


def role_name(role: str) -> str:
    """The name of a role."""
    return role_words()[role][0]
