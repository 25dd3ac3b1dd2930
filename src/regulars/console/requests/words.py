"""Requests in words: kinds, states, reasons, and how much time is left."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.console.i18n import _, ngettext

from .book import Request
from .rules import SOON_DAYS


def kinds() -> Mapping[str, str]:
    """What somebody may ask for."""
    return {
        "access": _("Access"),
        "portability": _("Portability"),
        "correction": _("Correction"),
        "erasure": _("Erasure"),
        "objection": _("Objection to marketing"),
    }


def kinds_explained() -> Mapping[str, str]:
    """What each kind asks for, with its place in the law."""
    return {
        "access": _("Wants to know what is kept of them (GDPR, Art. 15)."),
        "portability": _("Wants their data as a file to take elsewhere (GDPR, Art. 20)."),
        "correction": _("Says that something kept of them is wrong (GDPR, Art. 16)."),
        "erasure": _("Wants to be forgotten (GDPR, Art. 17)."),
        "objection": _("Takes consent back, or objects to marketing (GDPR, Art. 7(3), 21)."),
    }


def ways() -> Mapping[str, str]:
    """How a request came."""
    return {
        "email": _("By e-mail"),
        "letter": _("By letter"),
        "phone": _("By phone"),
        "store": _("In a store"),
        "web": _("On the web site"),
        "other": _("Another way"),
    }


def methods() -> Mapping[str, str]:
    """How an identity was checked."""
    return {
        "account": _("Signed in to their account"),
        "contact": _("Answered at the e-mail or phone we hold"),
        "card": _("Showed their loyalty card in a store"),
        "document": _("Showed an identity document (no copy kept)"),
        "known": _("Is known to staff in person"),
        "other": _("Another way, see the note"),
    }


def extensions() -> Mapping[str, str]:
    """Why a deadline is extended."""
    return {"complex": _("The request is complex"), "many": _("There are many requests")}


def refusals() -> Mapping[str, str]:
    """On what ground a request is refused."""
    return {
        "identity_not_proved": _("The identity was not proved (Art. 12(2), 12(6))"),
        "unfounded": _("Manifestly unfounded (Art. 12(5))"),
        "excessive": _("Excessive, such as repeated again and again (Art. 12(5))"),
        "kept_by_law": _("The law makes us keep it (Art. 17(3))"),
    }


def state_of(request: Request) -> tuple[str, str]:
    """The state of a request and the tone of its tag."""
    if request.state == "new":
        return _("Identity to be checked"), "info"
    if request.state == "checked":
        return _("Identity checked"), "info"
    if request.state == "refused":
        return _("Refused"), "warn"
    return {
        "erased": (_("Erased"), "ok"),
        "customer_erased": (_("Ended: the customer was erased"), "ok"),
    }.get(request.outcome or "", (_("Answered"), "ok"))


def left(days: int) -> tuple[str, str, str]:
    """How long until a deadline, the tone of its tag, and its icon."""
    if days < 0:
        return ngettext("%(n)s day overdue", "%(n)s days overdue", -days), "bad", "alert-circle"
    if days == 0:
        return _("Due today"), "bad", "alert-circle"
    text = ngettext("%(n)s day left", "%(n)s days left", days)
    return (text, "warn", "alert-triangle") if days <= SOON_DAYS else (text, "", "clock")


def detail_names() -> Mapping[str, str]:
    """The parts of a proof."""
    return {
        "request": _("Request"),
        "kind": _("Kind"),
        "customer": _("Customer, as a keyed hash"),
        "came_by": _("Came"),
        "received_on": _("Received"),
        "due_on": _("Deadline"),
        "extended": _("Extended"),
        "extension": _("Reason of the extension"),
        "identity_checked_by": _("Identity checked by"),
        "identity_checked": _("Identity checked at"),
        "identity_checker": _("Identity checked by whom"),
        "outcome": _("Outcome"),
        "closed": _("Closed"),
        "closed_by": _("Closed by"),
        "erasure_id": _("Erasure"),
        "files": _("Copies handed out"),
        "records": _("Records removed"),
        "events_made_anonymous": _("Events made anonymous"),
        "rejected_messages_removed": _("Rejected messages removed"),
        "identifiers_removed": _("Identifiers removed"),
        "points_removed": _("Points removed"),
        "requests_emptied": _("Requests emptied of personal content"),
        "clear_also_at": _("To be cleared as well at"),
        "backups_clean_from": _("Backups are clean from"),
        "last_backup_before": _("Last backup before"),
        "backups_to_let_expire": _("Backups to let expire"),
        "storage": _("Files of the database"),
        "fields": _("Fields corrected"),
        "records_corrected": _("Records corrected"),
        "records_left": _("Records known by the old contact alone"),
        "correct_also_at": _("To be corrected as well at"),
        "withdrawn": _("Consents withdrawn"),
        "left_at_source": _("Consents only their source can take back"),
        "reason": _("Reason"),
    }


def outcome(name: str | None) -> str:
    """How a request ended."""
    if name is None:
        return "–"
    ends = {
        "answered": _("Answered"),
        "erased": _("Erased"),
        "customer_erased": _("Ended: the customer was erased"),
    }
    return {**ends, **refusals()}.get(name, name)
