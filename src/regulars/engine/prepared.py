"""An event made ready before the lock: decoded, scrubbed, checked, normalised, hashed."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct, field

from regulars.capabilities.consent.rules import Word, customer_of
from regulars.capabilities.identity.rules import Said
from regulars.capabilities.profile.state import SaleRow
from regulars.capabilities.registers.rules import Entries
from regulars.vocabulary.events import Decision, Event, Fetch, Loyalty, Matching
from regulars.vocabulary.intake import EventError, Source

CANARY: Final = "regulars.canary"
"""The type of our own sign of life, which passes through everything and changes nothing."""


_decode = msgspec.json.Decoder(Event).decode


def read_event(body: bytes) -> Event:
    """The event of a body as the rooms take it. Raises msgspec.DecodeError and msgspec.ValidationError."""
    event = _decode(body)
    event.customer = event.customer or customer_of(event)
    return event


class Prepared(Struct, tag_field="as", tag="event", array_like=True, gc=False):
    """One event of a batch, with what the rooms need of it and no more: it may come from another process.

    `body` is the JSON that goes into the log, sealed; `skus` are the products its sale mentions; `zone` is the
    IANA name of the time zone that gave its business date.
    """

    id: str
    type: str
    occurred_at: datetime
    source: Source
    event_key: str
    body: bytes
    received_at: datetime
    checked_at: datetime
    said: Said | None = None
    sale: SaleRow | None = None
    word: Word | None = None
    entries: Entries | None = None
    skus: list[str] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    decision: Decision | None = None
    matching: Matching | None = None
    loyalty: Loyalty | None = None
    event_no: int = 0
    zone: str = ""
    replays: str | None = None

    def event(self) -> Event:
        """The whole event, read anew."""
        return read_event(self.body)


class Refused(Struct, tag_field="as", tag="refused", array_like=True, gc=False):
    """A message that cannot be an event; it goes to quarantine.

    `replays` is the quarantine id of a message that is tried again: it keeps its row.
    """

    source: Source
    id: str | None
    type: str
    body: bytes
    received_at: datetime
    door: str
    error: EventError
    replays: str | None = None


Item: TypeAlias = Prepared | Refused
