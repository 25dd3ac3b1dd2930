"""Profiles put together from their records: names, contacts, figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.state import Fields
from regulars.capabilities.profile.figures import total
from regulars.capabilities.profile.state import Figures
from regulars.observe import mask as mask_text
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault, open_sealed

from .common import SQL, mask, rows

_FIELDS = msgspec.json.Decoder(Fields)
FIGURES = msgspec.json.Decoder(Figures)
_CONTACTS = (kinds.EMAIL, kinds.PHONE)


class Identity(Struct, frozen=True):
    """An identifier a record carries. `said_at_us`: when the source last said it, microseconds since 1970."""

    kind: str
    value: str
    hash: str
    source_id: int
    record_id: UUID
    current: bool
    said_at_us: int


class Part(Struct, frozen=True):
    """One record of a profile, opened."""

    record_id: UUID
    source_id: int
    known: bool
    first_at: datetime
    last_at: datetime | None
    fields: Fields
    figures: Figures

    @property
    def name(self) -> str | None:
        """The name it says."""
        return name_of([self])

    def identities(self) -> list[Identity]:
        """Its identifiers, the current ones first."""
        found = []
        for kind, name in kinds.NAMES.items():
            current = {value for value, _ in self.fields.current(kind)}
            for value, (hashed, at_us, _) in self.fields.values.get(name, {}).items():
                found.append(
                    Identity(name, value, hashed, self.source_id, self.record_id, value in current, at_us)
                )
        return sorted(found, key=lambda one: (not one.current, one.kind))


class Person(Struct, frozen=True):
    """A profile as every screen shows it. Contacts are masked and spend is left out where the viewer may not see them."""

    profile_id: UUID
    name: str | None
    known: bool
    email: str | None
    phone: str | None
    card: str | None
    birth_date: date | None
    address: dict[str, Any] | None
    first_at: datetime
    last_at: datetime | None
    figures: Figures
    source_ids: list[int]
    records: int

    @property
    def main_currency(self) -> str | None:
        """The currency of most of its orders."""
        paid = self.figures.paid_orders or self.figures.spend_minor
        return max(sorted(paid), key=lambda currency: paid[currency]) if paid else None

    @property
    def main_store(self) -> str | None:
        """The shop of most of its orders."""
        stores = self.figures.stores
        return max(sorted(stores), key=lambda code: stores[code]) if stores else None


async def load_parts(conn: AsyncConnection, vault: Vault, ids: Sequence[UUID]) -> dict[UUID, list[Part]]:
    """The opened records of some profiles."""
    out: dict[UUID, list[Part]] = defaultdict(list)
    if ids:
        params = {"workspace_id": vault.workspace_id, "ids": list(ids)}
        for profile_id, *record in await rows(conn, SQL.records_of_profiles, params):
            out[profile_id].append(part_of(vault, record))
    return out


async def load_people(
    conn: AsyncConnection, vault: Vault, ids: Sequence[UUID], *, clear: bool, spend: bool
) -> list[Person]:
    """Some profiles in the order asked for; ids that are no profile are left out."""
    parts = await load_parts(conn, vault, ids)
    return [
        person_of(profile_id, parts[profile_id], clear=clear, spend=spend)
        for profile_id in ids
        if profile_id in parts
    ]


def person_of(profile_id: UUID, parts: Sequence[Part], *, clear: bool, spend: bool) -> Person:
    """A profile out of its records: of each field the value said last.

    Contacts are masked without `clear`, in a name as well, where some sources put them; without `spend` the figures
    hold no amounts.
    """
    contacts = {kind: _last_said(parts, kind) for kind in (*_CONTACTS, kinds.LOYALTY_CARD)}
    if not clear:
        contacts = {kind: value and mask(kinds.NAMES[kind], value) for kind, value in contacts.items()}
    birth = last_scalar(parts, "birth_date")
    name = name_of(parts)
    figures = total(part.figures for part in parts)
    return Person(
        profile_id=profile_id,
        name=name if clear or name is None else mask_text(name),
        known=any(part.known for part in parts),
        email=contacts[kinds.EMAIL],
        phone=contacts[kinds.PHONE],
        card=contacts[kinds.LOYALTY_CARD],
        birth_date=date.fromisoformat(birth) if birth and clear else None,
        address=last_scalar(parts, "address") if clear else None,
        first_at=min(part.first_at for part in parts),
        last_at=max((part.last_at for part in parts if part.last_at), default=None),
        figures=figures if spend else msgspec.structs.replace(figures, spend_minor={}, paid_minor={}),
        source_ids=sorted({part.source_id for part in parts}),
        records=len(parts),
    )


def name_of(parts: Sequence[Part]) -> str | None:
    """The name of a profile: given and family name as last said."""
    words = [last_scalar(parts, name) for name in ("given_name", "family_name")]
    return " ".join(str(word) for word in words if word) or None


def open_fields(vault: Vault, wrapped: bytes, sealed: bytes) -> Fields:
    """The fields of a record."""
    return _FIELDS.decode(open_sealed(vault.unwrap(wrapped), sealed))


def part_of(vault: Vault, record: Sequence[Any]) -> Part:
    """A record out of a row: id, source, known, first heard of, key, fields, last heard of, figures."""
    record_id, source_id, known, first_at, wrapped, sealed, last_at, figures = record
    return Part(
        record_id=record_id,
        source_id=source_id,
        known=known,
        first_at=first_at,
        last_at=last_at,
        fields=open_fields(vault, wrapped, sealed),
        figures=FIGURES.decode(figures) if figures else Figures(),
    )


def last_scalar(parts: Iterable[Part], name: str) -> Any:
    """A field of a profile as last said by any of its records, or None."""
    said = [part.fields.scalars[name] for part in parts if name in part.fields.scalars]
    return max(said, key=lambda one: (one[1], one[2]))[0] if said else None


def _last_said(parts: Iterable[Part], kind: int) -> str | None:
    said = [
        (entry[1], entry[2], value)
        for part in parts
        for value, entry in part.fields.values.get(kinds.NAMES[kind], {}).items()
    ]
    return max(said)[2] if said else None
