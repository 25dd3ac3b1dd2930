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

from regulars.capabilities.loyalty.expiry import end_of, start_of
from regulars.capabilities.loyalty.programme import Programme, Version, in_force, parse
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import EventError, Gate, Result, Source, own_source

from .files.balances import FIRST_DAY, LAST_DAY
from .holders import Holders, Row, Whose, not_one, rejected

_LOYALTY = load_queries("regulars.capabilities.loyalty")
ACTOR: Final = "cli"
_event = msgspec.json.Decoder(Event).decode


class OpeningGate:
    """A gate for the openings of `files.balances`; what it hands on goes through the gate behind it.

    Raises Conflict when no programme holds: what was refused once could not be opened later.
    """

    def __init__(
        self, gate: Gate, database: Database, vault: Vault, whose: Whose, programmes: Mapping[int, Programme]
    ) -> None:
        self._gate, self._vault, self._programmes = gate, vault, programmes
        self._holders = Holders(gate, database, vault, whose)

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """What became of each opening."""
        openings = [_event(body) for body in bodies]
        results: list[Result | None] = [self._refused(one) for one in openings]
        places = [place for place, result in enumerate(results) if result is None]
        found = await self._holders.meet({place: _row(openings[place]) for place in places}, door=door)
        commands = {}
        for place in places:
            holders = found.get(place, [])
            if len(holders) == 1:
                commands[place] = msgspec.json.encode(self._command(openings[place], holders[0].profile_id))
            else:
                results[place] = not_one(openings[place].id, holders)
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
            return rejected(opening.id, "no_programme", "no such programme holds", "programme")
        if said.point is not None and said.point not in {one.code for one in programme.point}:
            return rejected(opening.id, "unknown_point", "are not points of the programme", "point")
        return None

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
    programmes = await programmes_now(database, vault.workspace_id, now)
    if not programmes:
        raise Conflict("No loyalty programme holds yet. Publish one first, then import the balances.")
    return OpeningGate(gate, database, vault, whose, programmes)


async def programmes_now(database: Database, workspace_id: int, now: datetime) -> dict[int, Programme]:
    """The programmes that hold now, by number."""
    (rows,) = await database.ask(workspace_id, Call(_LOYALTY.load_programmes, {"workspace_id": workspace_id}))
    versions: dict[int, list[Version]] = {}
    for number, version, content, effective_from in rows:
        versions.setdefault(number, []).append(Version(version, effective_from, parse(content)))
    held = {number: in_force(known, now) for number, known in sorted(versions.items())}
    return {number: version.programme for number, version in held.items() if version is not None}


def _row(opening: Event) -> Row:
    assert opening.customer is not None, "every opening has one"
    return Row(opening.id, opening.occurred_at, opening.customer)


def _said(opening: Event) -> Any:
    assert opening.loyalty is not None, "every opening has one"
    return opening.loyalty


def _checked(result: Result) -> Result:
    """A command that was taken but could not be done is a rejected row."""
    for answer in result.loyalty:
        if answer.refused is not None:
            error = EventError(answer.refused, "could not be opened", "points")
            return Result(result.id, "rejected", error=error)
    return result
