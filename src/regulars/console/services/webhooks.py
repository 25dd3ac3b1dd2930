"""What pages and the API share of webhooks: numbers out of addresses, answers as text, words for what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from regulars.console.i18n import _
from regulars.store.webhooks import Wish
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.webhooks import MESSAGES

from .common import whole

NUMBER_MAX: Final = {"webhook_id": 2**31 - 1, "delivery_id": 2**63 - 1}
TYPE_FIELD: Final = "type:"
"""Begins the names of the check boxes of types; the rest is the type."""

_ERRORS: Final[Mapping[str, str]] = {
    "timeout": "No answer within 15 seconds",
    "address_refused": "The address is not on the public internet any more, or its name cannot be found",
    "unreachable": "Nothing could be reached there, or its certificate is not right",
    "connection_broken": "The connection broke off",
}
_TYPES: Final[Mapping[str, str]] = {
    "profile.created": "A new customer is here",
    "profile.merged": "Profiles turned out to be one person",
    "profile.split": "A profile turned out to be several people",
    "sale.recorded": "A sale was taken",
    "consent.changed": "A customer's consent changed",
    "event.rejected": "A source's event could not be taken",
    "customer.erased": "A customer was erased",
    "loyalty.points_expiring": "Points of a member end soon",
    "loyalty.tier_ending": "A member will lose a tier soon",
}


class WebhookForm(Struct):
    """The form of a webhook as it was filled in, with what is wrong with it by field."""

    url: str = ""
    description: str = ""
    types: list[str] = field(default_factory=lambda: list(MESSAGES))
    faults: dict[str, str] = field(default_factory=dict)

    def wish(self) -> Wish:
        """What the form asks for."""
        return Wish(self.url, self.types, self.description)


def read_form(fields: Mapping[str, str]) -> WebhookForm:
    """The form out of the fields of a request."""
    types = [name.removeprefix(TYPE_FIELD) for name in fields if name.startswith(TYPE_FIELD)]
    return WebhookForm(fields.get("url", ""), fields.get("description", ""), types)


def number_of(text: str, name: str) -> int:
    """A number out of an address. Raises NotFound for one that nothing can have."""
    try:
        number = whole(text, name)
    except InvalidInput:
        number = 0
    if not 0 < number <= NUMBER_MAX[name]:
        raise NotFound("Nothing here has this number.", field=name)
    return number


def start_of(day: str, zone: ZoneInfo) -> datetime:
    """The beginning of a day as a form's date field writes it. Raises InvalidInput."""
    try:
        asked = datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007 - the zone is put to it next
    except ValueError:
        raise InvalidInput(_("Choose a day."), field="since") from None
    return datetime.combine(asked, time(), zone).astimezone(UTC)


def answer_text(body: bytes) -> str:
    """The beginning of an answer as text; what is no UTF-8 shows as such."""
    return body.decode("utf-8", "replace").replace("\0", "\ufffd")


def error_words(error: str) -> str:
    """Why nothing was answered, in words."""
    return _(_ERRORS[error]) if error in _ERRORS else error


def type_words(type_: str) -> str:
    """What a type of message tells."""
    return _(_TYPES[type_])
