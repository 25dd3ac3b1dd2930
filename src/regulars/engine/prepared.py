"""An event made ready before the lock: decoded, scrubbed, checked, normalised, hashed."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.capabilities.consent.rules import Word
from regulars.capabilities.identity.rules import Said
from regulars.capabilities.profile.state import SaleRow
from regulars.capabilities.registers.rules import Entries
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import EventError, Source

CANARY: Final = "regulars.canary"
"""The type of our own sign of life, which passes through everything and changes nothing."""


class Prepared(Struct):
    """One event of a batch. `body` is the JSON that goes into the log, sealed; `zone` gave the business date."""

    event: Event
    source: Source
    event_key: str
    body: bytes
    received_at: datetime
    checked_at: datetime
    said: Said | None = None
    sale: SaleRow | None = None
    word: Word | None = None
    entries: Entries | None = None
    event_no: int = 0
    zone: ZoneInfo | None = None
    replays: str | None = None


class Refused(Struct):
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
