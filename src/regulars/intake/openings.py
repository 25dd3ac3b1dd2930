"""Where opening balances of a file meet the engine: each is turned into a command about a member.

The customer is looked up by card, number, e-mail and phone, in this order; the first that finds anybody counts. Who is
not found is made from the row where a source says so, and refused otherwise. A command's id is the opening's, so that
the same file again, or a batch that was in flight when the process died, opens nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email, is_filler, phone
from regulars.capabilities.loyalty.expiry import end_of, start_of
from regulars.capabilities.loyalty.programme import Programme, Version, in_force, parse
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict
from regulars.vocabulary.events import Customer, Event
from regulars.vocabulary.intake import EventError, Gate, Result, Source, own_source

from .files.balances import FIRST_DAY, LAST_DAY

_SQL = load_queries("regulars.store", "openings.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
ACTOR: Final = "cli"
KINDS: Final = {
    "loyalty_card": kinds.LOYALTY_CARD,
    "external_id": kinds.EXTERNAL_ID,
    "email": kinds.EMAIL,
    "phone": kinds.PHONE,
}
"""What finds a customer, the surest first."""
_event = msgspec.json.Decoder(Event).decode


class Whose(Struct, frozen=True):
    """Where the look-up may find an external id, and what makes a customer who is not found.

    `source`: theirs, None where nobody is made. `region`: where phones without a prefix are read.
    """

    source_ids: list[int]
    source: Source | None
    region: str


class OpeningGate:
    """A gate for the openings of `files.balances`; what it hands on goes through the gate behind it.

    Raises Conflict when no programme holds: what was refused once could not be opened later.
    """

    def __init__(
        self, gate: Gate, database: Database, vault: Vault, whose: Whose, programmes: Mapping[int, Programme]
    ) -> None:
        self._gate = gate
        self._database = database
        self._vault = vault
        self._whose = whose
        self._programmes = programmes

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """What became of each opening."""
        openings = [_event(body) for body in bodies]
        results: list[Result | None] = [self._refused(one) for one in openings]
        places = [place for place, result in enumerate(results) if result is None]
        found = await self._find({place: _customer(openings[place]) for place in places})
        missing = [place for place in places if place not in found]
        if missing and self._whose.source is not None:
            made = [_introduction(openings[place]) for place in missing]
            await self._gate.submit(self._whose.source, made, door=door)
            found |= await self._find({place: _customer(openings[place]) for place in missing})
        commands = {}
        for place in places:
            holders = found.get(place, [])
            if len(holders) == 1:
                commands[place] = msgspec.json.encode(self._command(openings[place], holders[0]))
            else:
                results[place] = _not_one(openings[place], holders)
        if commands:
            own = own_source(self._vault.workspace_id)
            told = await self._gate.submit(own, list(commands.values()), door=door)
            for place, result in zip(commands, told, strict=True):
                results[place] = _checked(result)
        return [result for result in results if result is not None]

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        """As the gate behind it does."""
        return await self._gate.quarantine(source, body, error, door=door)

    def _refused(self, opening: Event) -> Result | None:
        """The answer to an opening of points there are not."""
        said = _said(opening)
        programme = self._programmes.get(said.programme)
        if programme is None:
            return _rejected(opening, "no_programme", "no such programme holds", "programme")
        if said.point is not None and said.point not in {one.code for one in programme.point}:
            return _rejected(opening, "unknown_point", "are not points of the programme", "point")
        return None

    async def _find(self, customers: Mapping[int, Customer]) -> dict[int, list[str]]:
        """The profiles each customer may be, by the first identifier that finds anybody."""
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
        found: dict[int, dict[str, None]] = {}
        for place, rank, profile_id in rows:
            if best.setdefault(place, rank) == rank:
                found.setdefault(place, {})[profile_id.hex] = None
        return {place: list(profiles) for place, profiles in found.items()}

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

    def _command(self, opening: Event, profile_id: str) -> Event:
        said, days = _said(opening), opening.properties or {}
        zone = self._programmes[said.programme].zone
        first, last = days.get(FIRST_DAY), days.get(LAST_DAY)
        return Event(
            id=opening.id,
            type=opening.type,
            occurred_at=opening.occurred_at,
            loyalty=msgspec.structs.replace(
                said,
                member=profile_id,
                active_from=start_of(date.fromisoformat(first), zone) if first else None,
                expires_at=end_of(date.fromisoformat(last), zone) if last else said.expires_at,
                actor=ACTOR,
            ),
        )


async def opening_gate(
    gate: Gate, database: Database, vault: Vault, whose: Whose, *, now: datetime
) -> OpeningGate:
    """A gate for openings into the programmes that hold now. Raises Conflict where none does."""
    workspace = {"workspace_id": vault.workspace_id}
    (rows,) = await database.ask(vault.workspace_id, Call(_LOYALTY.load_programmes, workspace))
    versions: dict[int, list[Version]] = {}
    for number, version, content, effective_from in rows:
        versions.setdefault(number, []).append(Version(version, effective_from, parse(content)))
    held = {number: in_force(known, now) for number, known in versions.items()}
    programmes = {number: version.programme for number, version in held.items() if version is not None}
    if not programmes:
        raise Conflict("No loyalty programme holds yet. Publish one first, then import the balances.")
    return OpeningGate(gate, database, vault, whose, programmes)


def _customer(opening: Event) -> Customer:
    assert opening.customer is not None, "every opening has one"
    return opening.customer


def _said(opening: Event) -> Any:
    assert opening.loyalty is not None, "every opening has one"
    return opening.loyalty


def _introduction(opening: Event) -> bytes:
    """What a source says of a customer nobody knew."""
    event = Event(
        id=f"{opening.id}-customer",
        type="customer.updated",
        occurred_at=opening.occurred_at,
        customer=opening.customer,
    )
    return msgspec.json.encode(event)


def _not_one(opening: Event, holders: Sequence[str]) -> Result:
    if holders:
        return _rejected(
            opening, "several_customers", "fits several customers; say the card or the number", "customer"
        )
    return _rejected(
        opening, "unknown_customer", "is nobody here; import customers first, or give --source", "customer"
    )


def _rejected(opening: Event, code: str, message: str, field: str) -> Result:
    return Result(opening.id, "rejected", error=EventError(code, message, field))


def _checked(result: Result) -> Result:
    """A command that was taken but could not be done is a rejected row."""
    for answer in result.loyalty:
        if answer.refused is not None:
            error = EventError(answer.refused, "could not be opened", "points")
            return Result(result.id, "rejected", error=error)
    return result
