"""What is kept how long, as the settings page tells it; read-only, from the parts that keep it."""

from __future__ import annotations

from datetime import timedelta

from regulars.console.accounts import SESSION_IDLE, SESSION_LIFE
from regulars.console.format import span
from regulars.console.i18n import _
from regulars.console.invitations import LINK_LIFE
from regulars.store import answers, outbox, quarantine


def kept_how_long() -> list[tuple[str, str]]:
    """Pairs of what is kept and for how long."""
    return [
        (
            _("Events, profiles and figures"),
            _("Until you erase the person or delete the data. Nothing goes by itself."),
        ),
        (_("Audit log"), _("For ever. Nobody can shorten it.")),
        (_("Rejected events"), span(timedelta(days=quarantine.KEPT_DAYS))),
        (_("Answers kept for repeated API calls"), span(timedelta(days=answers.KEPT_DAYS))),
        (_("Notes of finished calls to vendors"), span(timedelta(days=outbox.DONE_DAYS))),
        (
            _("Sessions"),
            _("%(life)s, or %(idle)s without use", life=span(SESSION_LIFE), idle=span(SESSION_IDLE)),
        ),
        (_("Links to set a password"), span(LINK_LIFE)),
        (
            _("Backups"),
            _("Where and as long as you keep them. An erasure is applied again when one is restored."),
        ),
    ]
