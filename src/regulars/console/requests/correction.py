"""Correcting what sources said of a customer: for each record an event that says the right value.

A record is a customer as one source knows them, so its correction is said in the record's own terms: an event of
its source with the record's key and the new values. So the wrong e-mail becomes a former one and finds nobody
any more, and what links the records stays. A record that is known by the wrong e-mail or phone alone cannot be
told another: it keeps it, and the caller is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, is_filler, phone
from regulars.capabilities.identity.rules import EPOCH
from regulars.console.services.people import Part
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Address, Customer, Event

_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Contact = Annotated[str, Meta(min_length=1, max_length=320)]
_SCALARS: Final = ("given_name", "family_name", "birth_date", "address")
_CONTACTS: Final = {"email": kinds.EMAIL, "phone": kinds.PHONE}
_OLDEST: Final = date(1900, 1, 1)


class Correction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The right values; what is absent stays. The address is replaced whole."""

    given_name: _Name | None = None
    family_name: _Name | None = None
    email: _Contact | None = None
    phone: _Contact | None = None
    birth_date: date | None = None
    address: Address | None = None

    @property
    def names(self) -> list[str]:
        """Which fields it corrects."""
        return [name for name in (*_SCALARS, *_CONTACTS) if getattr(self, name) is not None]


class Corrected(Struct, frozen=True):
    """Events to say, each with the number of its source, and records that keep an e-mail or phone as their key."""

    events: list[tuple[int, Event]]
    left: list[Part]


def checked(correction: Correction, *, region: str, today: date) -> Correction:
    """The correction with contacts in the form they are kept in. Raises InvalidInput with the field."""
    if not correction.names:
        raise InvalidInput("Say at least one value that is right.", field="given_name")
    for name in ("given_name", "family_name"):
        value = getattr(correction, name)
        if value is not None and (not value.strip() or is_filler(value)):
            raise InvalidInput("This is no name.", field=name)
    address = email(correction.email) if correction.email else None
    if correction.email and address is None:
        raise InvalidInput("This is no e-mail address.", field="email")
    number = phone(correction.phone, region) if correction.phone else None
    if correction.phone and number is None:
        raise InvalidInput("This is no phone number. Begin it with + and the country.", field="phone")
    if correction.birth_date and not _OLDEST <= correction.birth_date <= today:
        raise InvalidInput("This is no date of birth.", field="birth_date")
    if correction.address is not None and not any(msgspec.structs.astuple(correction.address)):
        raise InvalidInput("Give the whole address.", field="address")
    return msgspec.structs.replace(correction, email=address, phone=number)


def events_for(
    correction: Correction, parts: Sequence[Part], vault: Vault, *, request_no: int, now: datetime
) -> Corrected:
    """An event for each record that says a corrected field; a field that none says goes to the first record.

    Of contacts only those that are shown now are replaced: a second e-mail that is right stays.
    """
    shown = {name: _last_said(parts, name) for name in _CONTACTS}
    given = {name: getattr(correction, name) for name in correction.names}
    unsaid = [name for name in given if not any(_says(part, name, shown) for part in parts)]
    events: list[tuple[int, Event]] = []
    left: list[Part] = []
    for number, part in enumerate(parts):
        key = key_of(part, vault)
        values = {name: v for name, v in given.items() if _says(part, name, shown)}
        if number == 0:
            values |= {name: given[name] for name in unsaid}
        stays = [name for name in values if key is None or not _can_say(key[0], name)]
        if stays:
            left.append(part)
        values = {name: v for name, v in values.items() if name not in stays}
        if values and key is not None:
            events.append((part.source_id, _event(customer_by(key, **values), part, request_no, now)))
    return Corrected(events, left)


def key_of(part: Part, vault: Vault) -> tuple[int, str] | None:
    """(kind, value) that a record is known by in its source; None when it says it no longer."""
    for name, said in part.fields.values.items():
        for value in said:
            if vault.hash("record", str(part.source_id), name, value) == part.record_id.hex:
                return kinds.BY_NAME[name], value
    return None


def customer_by(key: tuple[int, str], **values: Any) -> Customer:
    """A customer as their record's source names them, with what is said of them."""
    return Customer(**{kinds.NAMES[key[0]]: key[1], **values})


def _can_say(key: int, name: str) -> bool:
    """Whether an event with that key stays with its record when it says this field too."""
    return name not in _CONTACTS or kinds.KEY_ORDER.index(key) < kinds.KEY_ORDER.index(_CONTACTS[name])


def _says(part: Part, name: str, shown: dict[str, str | None]) -> bool:
    """Whether a record says a field that is to be corrected."""
    if name not in _CONTACTS:
        return name in part.fields.scalars
    return shown[name] in {value for value, _ in part.fields.current(_CONTACTS[name])}


def _last_said(parts: Iterable[Part], name: str) -> str | None:
    said = [
        (one.said_at_us, one.value)
        for part in parts
        for one in part.identities()
        if one.kind == name and one.current
    ]
    return max(said)[1] if said else None


def _event(customer: Customer, part: Part, request_no: int, now: datetime) -> Event:
    """Said now, or just after the latest word of the record, where its source's clock is ahead of ours."""
    stamps: list[Any] = [entry[1] for entry in part.fields.scalars.values()]
    stamps += [entry[1] for said in part.fields.values.values() for entry in said.values()]
    latest = EPOCH + timedelta(microseconds=max(stamps, default=0) + 1)
    return Event(
        id=f"correction-{request_no}-{part.record_id.hex}",
        type="customer.updated",
        occurred_at=max(now, latest).astimezone(UTC),
        customer=customer,
        properties={"corrected": True, "request": request_no},
    )
