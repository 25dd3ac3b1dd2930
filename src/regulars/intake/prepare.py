"""Make events ready for the turn: everything that can happen before the lock does, here.

Decode, scrub, check, normalise, hash. What is wrong comes back as Refused with the field and the fix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from regulars.capabilities.consent.rules import word_of
from regulars.capabilities.identity.person import person_of
from regulars.capabilities.identity.rules import Said, micros
from regulars.capabilities.loyalty.shop_codes import hold_in
from regulars.capabilities.profile.receipt import row_of
from regulars.capabilities.registers.rules import entries_of
from regulars.engine.prepared import CANARY, Item, Prepared, Refused, read_event
from regulars.engine.turn import utc_now
from regulars.store.vault import Hasher
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import (
    COMMAND_PREFIX,
    CUSTOM_PREFIX,
    LINKED,
    LOYALTY_TYPES,
    OCCURRED_AHEAD_SECONDS_MAX,
    OFFER_TYPES,
    PROMOTED,
    PUBLISHED,
    REKEYED,
    SPENDS_MAX,
    TYPES,
    Customer,
    Event,
    Loyalty,
    Spend,
)
from regulars.vocabulary.intake import OWN_SOURCE_ID, TILL, EventError, Source

from .scrub import MARK, scrub_json, scrub_text

EVENT_BYTES_MAX = 512 * 1024
UTC_ZONE = ZoneInfo("UTC")
_PATH = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,30}(\.[a-z0-9_]{1,30}){1,3}")
OWN_TYPES = frozenset((CANARY, LINKED, PROMOTED, REKEYED, PUBLISHED)) | LOYALTY_TYPES | OFFER_TYPES
_AHEAD = timedelta(seconds=OCCURRED_AHEAD_SECONDS_MAX)


class Hint(msgspec.Struct):
    """What can be said of a message that is no event."""

    id: str | None = None
    type: str | None = None


class Preparer:
    """Prepares the events of one workspace. `zones` maps a store's code to its time zone."""

    def __init__(self, hash_: Hasher, zones: Mapping[str, ZoneInfo]) -> None:
        self._hash = hash_
        self._zones = zones

    def prepare(
        self, source: Source, raw: bytes, *, door: str, received_at: datetime, event_key: str | None = None
    ) -> Prepared | Refused:
        """One event ready for its turn, or why not. `received_at` is the clock reading of the door.

        `event_key` is given for events of the log; others get theirs from source and id.
        """
        body = raw
        try:
            if len(raw) > EVENT_BYTES_MAX:
                raise InvalidInput(f"an event may have {EVENT_BYTES_MAX} bytes", code="too_large")
            if not raw.isascii():
                raw.decode()  # what we do not read is kept too, and the decoder does not look at it
            body = scrub_json(raw, source.loyalty_ranges) if event_key is None else raw
            event = read_event(body)
            if event.loyalty is not None and not _may_move_points(source, door, event_key):
                raise InvalidInput("points are moved by the till's calls, not by events", field="loyalty")
            return self._ready(source, event, body, received_at, event_key)
        except msgspec.ValidationError as error:
            problem = _explain(str(error))
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            problem = EventError("invalid_json", "the event is not valid JSON")
        except InvalidInput as error:
            problem = EventError(error.code, error.message, error.field)
        return refuse(source, raw, problem, door=door, received_at=received_at)

    def _ready(
        self, source: Source, event: Event, body: bytes, received_at: datetime, event_key: str | None
    ) -> Prepared:
        _check(event, source, received_at)
        event_key = event_key or self._hash("event", str(source.source_id), event.id)
        out = Prepared(
            event.id, event.type, event.occurred_at, source, event_key, body, received_at, received_at
        )
        if event.customer is not None:
            self._add_person(out, event.customer)
        zone = self._zones.get(event.store or "", UTC_ZONE)
        out.sale = row_of(event, source=source, event_key=event_key, zone=zone, hash_=self._hash)
        if out.sale is not None and event.sale is not None:
            out.zone = zone.key
            out.skus = [line.sku for line in event.sale.lines if line.sku]
            out.sale.record_id = out.said.person.record_id if out.said is not None else None
        out.fetches = event.fetches
        out.word = word_of(
            event,
            out.said.person if out.said else None,
            source_id=source.source_id,
            region=source.region,
            event_key=event_key,
            hash_=self._hash,
        )
        out.entries = entries_of(event, event_key)
        out.decision = event.decision if event.type == LINKED else None
        out.matching = event.matching if event.type in (PROMOTED, REKEYED) else None
        out.loyalty = event.loyalty or _paid_by_code(event)
        return out

    def _add_person(self, out: Prepared, customer: Customer) -> None:
        for name in ("loyalty_card", "payment_token", "email", "phone"):
            if MARK in (getattr(customer, name) or ""):
                setattr(customer, name, None)
        person = person_of(
            customer,
            source_id=out.source.source_id,
            region=out.source.region,
            hash_=self._hash,
            deletes=out.type == "customer.deleted",
        )
        if person is not None:
            at = out.occurred_at
            out.said = Said(person, out.source.source_id, at, (micros(at), out.event_key))


def prepare_all(
    preparer: Preparer, source: Source, bodies: Sequence[bytes], *, door: str, received_at: datetime
) -> list[Item]:
    """The events of a call, in order."""
    prepare = preparer.prepare
    items: list[Item] = [prepare(source, body, door=door, received_at=received_at) for body in bodies]
    checked = utc_now()
    for item in items:
        if isinstance(item, Prepared):
            item.checked_at = checked
    return items


def _paid_by_code(event: Event) -> Loyalty | None:
    """The holds whose codes a sale was made with, where it says nothing of points itself."""
    if event.type != "sale.completed" or event.sale is None:
        return None
    holds = [hold for hold in map(hold_in, event.sale.coupons) if hold is not None]
    return Loyalty(spends=[Spend(hold=hold, late=True) for hold in holds[:SPENDS_MAX]]) if holds else None


def _may_move_points(source: Source, door: str, event_key: str | None) -> bool:
    """Our own commands, the till's sales, and what the log holds of both."""
    return source.source_id == OWN_SOURCE_ID or door == TILL or event_key is not None


def _check(event: Event, source: Source, received_at: datetime) -> None:
    """What the types cannot say. Raises InvalidInput."""
    ours_to_say = event.type in OWN_TYPES and source.source_id == OWN_SOURCE_ID
    if event.type not in TYPES and not event.type.startswith(CUSTOM_PREFIX) and not ours_to_say:
        ours = event.type.startswith(COMMAND_PREFIX)
        hint = "types under regulars. are ours" if ours else "see the list of types, or use custom.<name>"
        raise InvalidInput(f"unknown type {event.type!r}: {hint}", code="unknown_type", field="type")
    if event.occurred_at > received_at + _AHEAD:
        raise InvalidInput(
            f"occurred_at is more than {OCCURRED_AHEAD_SECONDS_MAX} s ahead of our clock",
            code="occurred_ahead",
            field="occurred_at",
        )
    if event.occurred_at.year < 1970:
        raise InvalidInput("occurred_at is before 1970", field="occurred_at")
    if event.type in ("customer.updated", "customer.deleted") and event.customer is None:
        raise InvalidInput(f"{event.type} needs a customer", field="customer")


def _explain(message: str) -> EventError:
    found = _PATH.search(message)
    path = found.group(1) if found else None
    text = _PATH.sub("", message)
    missing = re.search(r"missing required field `(.+?)`", text)
    if missing:
        path = f"{path}.{missing.group(1)}" if path else missing.group(1)
    return EventError("invalid_event", text[:300], path or None)


def refuse(
    source: Source,
    raw: bytes,
    problem: EventError,
    *,
    door: str,
    received_at: datetime,
    bytes_max: int = EVENT_BYTES_MAX,
) -> Refused:
    """A message for quarantine: without card numbers, and cut to size.

    What is kept in clear beside it says nothing of a person: a type is kept only where it looks like one.
    """
    try:
        body = scrub_json(raw, source.loyalty_ranges)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        body = scrub_text(raw.decode("utf-8", "replace")).encode()
    try:
        hint = msgspec.json.decode(body, type=Hint)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        hint = Hint()
    return Refused(
        source=source,
        id=(hint.id or "")[:200] or None,
        type=hint.type if hint.type is not None and _TYPE.fullmatch(hint.type) else "",
        body=body[:bytes_max],
        received_at=received_at,
        door=door,
        error=problem,
    )
