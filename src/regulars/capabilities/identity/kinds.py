"""The kinds of identifier a record carries, and how each may link records."""

from __future__ import annotations

from typing import Final

LOYALTY_CARD: Final = 1
EXTERNAL_ID: Final = 2
ANONYMOUS_ID: Final = 3
PAYMENT_TOKEN: Final = 4
DEVICE: Final = 5
EMAIL: Final = 6
PHONE: Final = 7

NAMES: Final = {
    LOYALTY_CARD: "loyalty_card",
    EXTERNAL_ID: "external_id",
    ANONYMOUS_ID: "anonymous_id",
    PAYMENT_TOKEN: "payment_token",
    DEVICE: "device",
    EMAIL: "email",
    PHONE: "phone",
}
BY_NAME: Final = {name: kind for kind, name in NAMES.items()}

KEY_ORDER: Final = (EXTERNAL_ID, LOYALTY_CARD, ANONYMOUS_ID, PAYMENT_TOKEN, DEVICE, EMAIL, PHONE)
"""A record's key is the first of these that the customer carries."""

SCOPED_TO_SOURCE: Final = frozenset({EXTERNAL_ID, ANONYMOUS_ID, DEVICE})
"""Means something only within the source that says it."""

MULTIPLE: Final = frozenset({ANONYMOUS_ID, PAYMENT_TOKEN, DEVICE})
"""A record keeps all of these; of the others the last one said is current, earlier ones are former."""

LASTING: Final = MULTIPLE | {EMAIL, PHONE}
"""Former values still say something of who it is."""

VERIFIED: Final = frozenset({LOYALTY_CARD})
"""One person has one: two different ones are for a person to look at."""

KNOWN: Final = frozenset({EXTERNAL_ID, LOYALTY_CARD, EMAIL, PHONE})
"""A record with one of these is known, else anonymous."""

SURE: Final = frozenset({LOYALTY_CARD, EXTERNAL_ID})
"""Links whatever the rest says."""

NAMED: Final = frozenset({EMAIL, PHONE, PAYMENT_TOKEN})
"""Evidence among others, unless the value is shared by too many."""

LIMITED: Final = NAMED | {ANONYMOUS_ID}
"""Identifies nobody once too many share it: a shop's own e-mail, the browser of a kiosk."""

LINKING: Final = SURE | NAMED | {ANONYMOUS_ID}
"""Devices never link."""

STRENGTH: Final = (LOYALTY_CARD, EXTERNAL_ID, ANONYMOUS_ID, PAYMENT_TOKEN, EMAIL, PHONE)
"""Order in which links are tried; the strongest first."""


def scope_of(kind: int, source_id: int) -> str:
    """What the value of a kind is hashed with: the source, where it means something only there."""
    return str(source_id) if kind in SCOPED_TO_SOURCE else ""
