"""A customer as an event tells it, made ready for the turn: normalised, hashed, keyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from regulars.vocabulary.events import Customer

from . import kinds
from .normalise import email, given_name, is_filler, phone
from .state import Person

Hash = Callable[..., str]

_ID_FIELDS = tuple(
    (kind, kinds.NAMES[kind])
    for kind in (
        kinds.EXTERNAL_ID, kinds.LOYALTY_CARD, kinds.ANONYMOUS_ID, kinds.PAYMENT_TOKEN, kinds.DEVICE,
    )
)  # fmt: skip
TRAITS_MAX = 200
_PLACES = {kind: place for place, kind in enumerate(kinds.KEY_ORDER)}


def _place_in_key(value: tuple[int, str]) -> int:
    return _PLACES[value[0]]


def person_of(
    customer: Customer, *, source_id: int, region: str, hash_: Hash, deletes: bool = False
) -> Person | None:
    """The person of an event, or None when nothing in it identifies anybody.

    `region` (ISO 3166) is where phone numbers without a prefix are read, unless the address says otherwise.
    A malformed e-mail or phone is kept under `unusable_*` and identifies nobody.
    """
    scalars = _scalars(customer)
    values = _values(customer, scalars, region)
    if not values:
        return None
    key = min(values, key=_place_in_key)
    record_id = hash_("record", str(source_id), kinds.NAMES[key[0]], key[1])
    said = msgspec.json.encode([scalars, values, deletes]).decode()
    return Person(
        record_id=record_id,
        scalars=scalars,
        values=values,
        content=hash_("content", said),
        deletes=deletes,
    )


def tombstones_of(
    record_id: str, values: list[tuple[int, str, str]], given: str | None, tombstone: Hash
) -> list[str]:
    """Marks under which an erased customer would be known again.

    The record itself, what belongs to one person alone (cards, accounts), and contacts together with the
    given name, since a contact may be shared by a family.
    """
    name = (given_name(given) or "") if given else ""
    out = [tombstone("record", record_id)]
    for kind, _, value in values:
        if kind in kinds.SURE or kind == kinds.PAYMENT_TOKEN:
            out.append(tombstone("value", str(kind), value))
        elif kind in (kinds.EMAIL, kinds.PHONE):
            out.append(tombstone("value", str(kind), value, name))
    return out


def _scalars(customer: Customer) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if customer.given_name:
        out["given_name"] = customer.given_name.strip()
    if customer.family_name:
        out["family_name"] = customer.family_name.strip()
    if customer.birth_date:
        out["birth_date"] = customer.birth_date.isoformat()
    if customer.address is not None:
        out["address"] = msgspec.to_builtins(customer.address)
    if customer.locale:
        out["locale"] = customer.locale
    for name, value in list((customer.traits or {}).items())[:TRAITS_MAX]:
        if value is not None:
            out[f"traits.{name[:80]}"] = value
    return out


def _values(customer: Customer, scalars: dict[str, Any], region: str) -> list[tuple[int, str]]:
    out = []
    for kind, name in _ID_FIELDS:
        raw = getattr(customer, name)
        if raw is None:
            continue
        value = raw.strip()
        if value and not is_filler(value):
            out.append((kind, value))
    if customer.email:
        address = email(customer.email)
        if address:
            out.append((kinds.EMAIL, address))
        elif customer.email.strip():
            scalars["unusable_email"] = customer.email.strip()
    if customer.phone:
        country = ((customer.address.country if customer.address else None) or region).strip().upper()
        number = phone(customer.phone, country) or phone(customer.phone, region)
        if number:
            out.append((kinds.PHONE, number))
        elif customer.phone.strip():
            scalars["unusable_phone"] = customer.phone.strip()
    return out
