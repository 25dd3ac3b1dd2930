"""Decide which records are one person: merge profiles, take records out of one, take a decision back.

A decision speaks of pairs of records and enters as an event of the program's own source, so it survives rebuilds,
other models and whatever order events come in. A merge says of every record of one customer and every record of the
other that they are one person; records taken out are said to be somebody else than each that stays. So merging and
taking apart are each other's opposite, and an undo says again what held before.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations, product
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.partition import Pair
from regulars.store.database import AsyncConnection, Database
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound, Unprocessable
from regulars.vocabulary.events import LINKED, Decision, Event
from regulars.vocabulary.intake import OWN_SOURCE_ID, Gate, own_source

from .common import row, rows
from .surroundings import DECISIONS, Saying, Surroundings, load_surroundings

PROFILES_MAX: Final = 20
"""Most profiles that one call merges."""
PAIRS_MAX: Final = 5_000
"""Most pairs of records that one decision speaks of."""
REVIEWS_MAX: Final = 200
"""Most pairs of the queue that are decided at once."""
REASON_CHARACTERS_MAX: Final = 500
_MOMENT: Final = timedelta(microseconds=1)


class Plan(Struct, frozen=True):
    """Something to decide, not said yet. `records`: those it is about; `skipped`: pairs that no longer wait."""

    around: Surroundings
    sayings: list[Saying]
    records: list[str]
    skipped: list[Pair] = []


class Side(Struct, frozen=True):
    """A profile and its records, as it is or as it would be."""

    profile_id: str
    records: list[str]


class Effect(Struct, frozen=True):
    """The profiles that change: as they are and as they would be."""

    before: list[Side]
    after: list[Side]


class Done(Struct, frozen=True):
    """What was said, by the ids of the decisions, and the profiles those records have now."""

    decisions: list[str]
    profiles: list[str]


async def plan_merge(conn: AsyncConnection, vault: Vault, ids: Sequence[UUID]) -> Plan:
    """Make the customers of two or more ids one. Raises NotFound, InvalidInput where they are one already."""
    if not 2 <= len(set(ids)) <= PROFILES_MAX:
        raise InvalidInput("Give the ids of 2 to %(n)s customers.", field="ids", n=PROFILES_MAX)
    around = await load_surroundings(conn, vault, ids, field="ids")
    profiles = sorted({around.profiles[one.hex] for one in ids})
    if len(profiles) == 1:
        raise InvalidInput("These are one customer already.", code="one_already", field="ids")
    return Plan(around, [Saying(_across(around, profiles), together=True)], _members(around, profiles))


async def plan_unmerge(
    conn: AsyncConnection, vault: Vault, profile: UUID, taken: Sequence[UUID] | None
) -> Plan:
    """Take records out of the profile of an id; all apart from each other where `taken` is None.

    Raises NotFound, and InvalidInput for records of others, or where nothing or everything is taken.
    """
    around = await load_surroundings(conn, vault, [profile], field="profile_id")
    profile_id = around.profiles[profile.hex]
    members = around.records_of(profile_id)
    if taken is None:
        if len(members) < 2:
            raise InvalidInput("This customer has one record: there is nothing to take apart.", field="all")
        return Plan(around, [Saying(_bounded(combinations(members, 2)), together=False)], members)
    out = {one.hex for one in taken}
    if not out <= set(members):
        raise InvalidInput("These are not all records of this customer.", field="record_ids")
    if not 0 < len(out) < len(members):
        raise InvalidInput("Take out some of the records, and leave some.", field="record_ids")
    pairs = _bounded(product(sorted(out), sorted(set(members) - out)))
    return Plan(around, [Saying(pairs, together=False)], members)


async def plan_undo(conn: AsyncConnection, vault: Vault, decision_id: UUID) -> Plan:
    """Say again what held before a decision, of every pair it still has the last word on.

    Raises NotFound, and Conflict where others have decided since.
    """
    params = {"workspace_id": vault.workspace_id, "decision_id": decision_id}
    if await row(conn, DECISIONS.decision, params) is None:
        raise NotFound("There is no such decision.", field="decision_id")
    found = await rows(conn, DECISIONS.words_before, params)
    if not found:
        raise Conflict(
            "Later decisions took the place of this one; there is nothing left to undo.", code="overtaken"
        )
    around = await load_surroundings(conn, vault, sorted({one for pair in found for one in pair[:2]}))
    sayings = [
        Saying(pairs, before, decision_id.hex)
        for before in (True, False, None)
        if (pairs := [(a.hex, b.hex) for a, b, word in found if word is before])
    ]
    records = {around.profiles[one] for saying in sayings for pair in saying.pairs for one in pair}
    return Plan(around, sayings, _members(around, records))


async def plan_reviews(
    conn: AsyncConnection, vault: Vault, pairs: Sequence[tuple[UUID, UUID]], *, together: bool
) -> Plan:
    """Decide on pairs of the queue; those that no longer wait are skipped.

    What is said of two records is meant of the customers they are records of. Each pair is a decision of its own, so
    that each can be undone alone. Raises InvalidInput for too many pairs, NotFound where none waits.
    """
    if not 0 < len(pairs) <= REVIEWS_MAX:
        raise InvalidInput("Give 1 to %(n)s pairs.", field="pairs", n=REVIEWS_MAX)
    wanted = [(min(pair), max(pair)) for pair in pairs]
    params = {
        "workspace_id": vault.workspace_id,
        "a": [a for a, _ in wanted],
        "b": [b for _, b in wanted],
    }
    waiting = {(one[0], one[1]) for one in await rows(conn, DECISIONS.reviews_named, params)}
    skipped = [(a.hex, b.hex) for a, b in wanted if (a, b) not in waiting]
    if not waiting:
        raise NotFound(
            "None of these pairs waits: they were decided, or never did.",
            code="decided_already",
            field="pairs",
        )
    around = await load_surroundings(conn, vault, sorted({one for pair in waiting for one in pair}))
    meant = {
        tuple(sorted(around.profiles[one.hex] for one in pair)): None for pair in wanted if pair in waiting
    }
    sayings = [Saying(_across(around, profiles), together) for profiles in meant]
    return Plan(around, sayings, _members(around, {one for pair in meant for one in pair}), skipped)


async def effect_of(plan: Plan) -> Effect:
    """What a plan would change, without doing it."""
    after = await asyncio.to_thread(plan.around.grouped, plan.sayings)
    was, will = _sides(plan.around.profiles), _sides(after)
    return Effect([side for side in was if side not in will], [side for side in will if side not in was])


class Deciding:
    """Says decisions in the name of whoever makes them. `clock` gives aware UTC times."""

    def __init__(self, database: Database, vault: Vault, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._gate = gate
        self._clock = clock

    async def say(self, plan: Plan, *, actor: str, reason: str, key: str | None = None) -> Done:
        """Carry a plan out; returns after the commit. `key` names a call that may be repeated.

        Raises InvalidInput for a reason that is missing or too long, Unprocessable when it was not taken.
        """
        said = checked_reason(reason)
        at = self._clock()
        if plan.around.spoken is not None:
            at = max(at, plan.around.spoken + _MOMENT)  # a word of an engine whose clock is ahead
        ids = [self._id(actor, key, number) for number in range(len(plan.sayings))]
        bodies = [
            msgspec.json.encode(_event(id_, at, saying, actor, said))
            for id_, saying in zip(ids, plan.sayings, strict=True)
        ]
        source = own_source(self._vault.workspace_id)
        for result in await self._gate.submit(source, bodies, door="decisions"):
            if result.error is not None:
                raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
        keys = [self._vault.hash("event", str(OWN_SOURCE_ID), id_) for id_ in ids]
        return Done(keys, await self._profiles_of(plan.records))

    def _id(self, actor: str, key: str | None, number: int) -> str:
        if key is None:
            return f"decision-{os.urandom(16).hex()}"
        return f"decision-{self._vault.hash('decision', actor, key, str(number))}"

    async def _profiles_of(self, records: Iterable[str]) -> list[str]:
        params = {"workspace_id": self._vault.workspace_id, "ids": [UUID(one) for one in records]}
        async with self._database.read(self._vault.workspace_id) as conn:
            found = await rows(conn, DECISIONS.profiles_of_records, params)
        return [one[0].hex for one in found]


def checked_reason(text: str) -> str:
    """A reason as it is kept. Raises InvalidInput for none, and for one that is too long."""
    said = text.strip()
    if not 0 < len(said) <= REASON_CHARACTERS_MAX:
        raise InvalidInput("Say why, in at most %(n)s characters.", field="reason", n=REASON_CHARACTERS_MAX)
    return said


def _event(id_: str, at: datetime, saying: Saying, actor: str, reason: str) -> Event:
    decision = Decision(saying.pairs, saying.together, actor, reason, saying.undoes)
    return Event(id=id_, type=LINKED, occurred_at=at, decision=decision)


def _across(around: Surroundings, profiles: Iterable[str]) -> list[Pair]:
    """Every record of each profile with every record of each other."""
    groups = [around.records_of(profile) for profile in sorted(profiles)]
    return _bounded(pair for one, other in combinations(groups, 2) for pair in product(one, other))


def _bounded(pairs: Iterable[tuple[str, str]]) -> list[Pair]:
    found = sorted((min(pair), max(pair)) for pair in pairs)
    if len(found) > PAIRS_MAX:
        raise Unprocessable(
            "One decision speaks of at most %(n)s pairs of records; this would be %(n2)s.",
            code="too_many_records",
            n=PAIRS_MAX,
            n2=len(found),
        )
    return found


def _members(around: Surroundings, profiles: Iterable[str]) -> list[str]:
    return [record for profile in sorted(profiles) for record in around.records_of(profile)]


def _sides(profiles: dict[str, str]) -> list[Side]:
    groups: dict[str, list[str]] = {}
    for record in sorted(profiles):
        groups.setdefault(profiles[record], []).append(record)
    return [Side(profile, records) for profile, records in sorted(groups.items())]
