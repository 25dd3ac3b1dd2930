"""Tickets: what a browser carries for us between two steps of signing in, sealed so that it can neither read it nor
make one up.

A kind of ticket is a tagged struct: one made for one purpose is refused for another. Each ends by itself.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from regulars.store.vault import Unreadable, Vault, open_sealed, seal


class Ticket(Struct, frozen=True, kw_only=True, tag_field="for"):
    """What every ticket says. `ends`: seconds of Unix time."""

    ends: int


Kind = TypeVar("Kind", bound=Ticket)


def ends_after(now: datetime, life: timedelta) -> int:
    """The end of a ticket that is made now."""
    return int((now + life).timestamp())


def write_ticket(vault: Vault, ticket: Ticket) -> str:
    """The text a browser carries."""
    return base64.urlsafe_b64encode(seal(vault.ticket_key, msgspec.json.encode(ticket))).decode()


def read_ticket(vault: Vault, text: str, kind: type[Kind], now: datetime) -> Kind | None:
    """What a text says; None for one that is made up, of another kind, or has ended."""
    try:
        said = open_sealed(vault.ticket_key, base64.urlsafe_b64decode(text.encode("ascii", "replace")))
        ticket = msgspec.json.decode(said, type=kind)
    except (binascii.Error, ValueError, Unreadable, msgspec.DecodeError):
        return None
    return ticket if now.timestamp() < ticket.ends else None
