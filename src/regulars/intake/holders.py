"""Whose a row of a file is: customers looked up by card, number, e-mail and phone, or made where a source says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, is_filler, phone
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.events import Customer, Event
from regulars.vocabulary.intake import EventError, Gate, Result, Source

_SQL = load_queries("regulars.store", "openings.sql")
KINDS: Final = {
    "loyalty_card": kinds.LOYALTY_CARD,
    "external_id": kinds.EXTERNAL_ID,
    "email": kinds.EMAIL,
    "phone": kinds.PHONE,
}
"""What finds a customer, the surest first."""


class Whose(Struct, frozen=True):
    """Where the look-up may find an external id, and what makes a customer who is not found.

    `source`: theirs, None where nobody is made. `region`: where phones without a prefix are read.
    """

    source_ids: list[int]
    source: Source | None
    region: str


class Holder(Struct, frozen=True):
    """A customer who was found: their profile, and the record that has the identifier."""

    profile_id: str
    record_id: str


class Row(Struct, frozen=True):
    """A customer as a row tells of them: its id, and since when they are known."""

    id: str
    at: datetime
    customer: Customer


class Holders:
    """Finds the customers that rows tell of, and makes those who are not found."""

    def __init__(self, gate: Gate, database: Database, vault: Vault, whose: Whose) -> None:
        self._gate, self._database, self._vault, self._whose = gate, database, vault, whose

    async def meet(self, rows: Mapping[int, Row], *, door: str) -> dict[int, list[Holder]]:
        """The customers each row may mean, by the first identifier that finds anybody; two are one too many."""
        found = await self._find({place: row.customer for place, row in rows.items()})
        missing = {place: row for place, row in rows.items() if place not in found}
        if missing and self._whose.source is not None:
            made = [_introduction(row) for row in missing.values()]
            await self._gate.submit(self._whose.source, made, door=door)
            found |= await self._find({place: row.customer for place, row in missing.items()})
        return found

    async def _find(self, customers: Mapping[int, Customer]) -> dict[int, list[Holder]]:
        values = [
            {"place": place, "rank": rank, "kind": kind, "value": value}
            for place, customer in customers.items()
            for rank, kind, value in self._values(customer)
        ]
        if not values:
            return {}
        params = {
            "workspace_id": self._vault.workspace_id,
            "values": msgspec.json.encode(values).decode(),
        }
        (rows,) = await self._database.ask(self._vault.workspace_id, Call(_SQL.holders, params))
        best: dict[int, int] = {}
        found: dict[int, dict[str, Holder]] = {}
        for place, rank, profile_id, record_id in rows:
            if best.setdefault(place, rank) == rank:
                found.setdefault(place, {})[profile_id.hex] = Holder(profile_id.hex, record_id.hex)
        return {place: list(profiles.values()) for place, profiles in found.items()}

    def _values(self, customer: Customer) -> list[tuple[int, int, str]]:
        """Rank, kind and hash of what identifies a customer."""
        hash_, found = self._vault.hash, []
        for rank, (name, kind) in enumerate(KINDS.items()):
            text = getattr(customer, name)
            if not text or is_filler(text):
                continue
            if kind == kinds.EXTERNAL_ID:
                hashes = [hash_(name, str(number), text.strip()) for number in self._whose.source_ids]
            else:
                plain = self._plain(kind, text)
                hashes = [hash_(name, "", plain)] if plain else []
            found += [(rank, kind, value) for value in hashes]
        return found

    def _plain(self, kind: int, text: str) -> str | None:
        """An identifier as it is hashed; None for what is none."""
        if kind == kinds.EMAIL:
            return email(text)
        return phone(text, self._whose.region) if kind == kinds.PHONE else text.strip()


def not_one(id_: str, holders: list[Holder]) -> Result:
    """The answer to a row of nobody, or of several."""
    if holders:
        return rejected(
            id_, "several_customers", "fits several customers; say the card or the number", "customer"
        )
    return rejected(
        id_, "unknown_customer", "is nobody here; import customers first, or give --source", "customer"
    )


def rejected(id_: str, code: str, message: str, field: str) -> Result:
    """A row that cannot be taken."""
    return Result(id_, "rejected", error=EventError(code, message, field))


def _introduction(row: Row) -> bytes:
    """What a source says of a customer nobody knew."""
    event = Event(id=f"{row.id}-customer", type="customer.updated", occurred_at=row.at, customer=row.customer)
    return msgspec.json.encode(event)
