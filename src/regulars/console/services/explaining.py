"""Why a profile's records are one person, and why others are not: loads what is needed and works it out anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.explaining import Case, Explainer, Inside, Tie, route
from regulars.capabilities.identity.model import Model
from regulars.capabilities.identity.partition import Member, member
from regulars.capabilities.identity.rules import keyed, micros
from regulars.capabilities.identity.state import Decided, Manual, Value
from regulars.capabilities.identity.withdrawing import Cuts, cuts
from regulars.engine.identity_memory import AtWork, at_work
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import NotFound

from .common import row, rows
from .lookups import PROFILES
from .people import Part, part_of
from .profile import resolve

SQL = load_queries("regulars.store.views", "explaining.sql")
_MODEL = load_queries("regulars.capabilities.identity")
RECORDS_MAX: Final = 300
"""Of a profile with more records the first are explained."""
MEMBERS_MAX: Final = 600
PARTNERS_MAX: Final = 20
DECISIONS_MAX: Final = 1_000


class Word(Struct, frozen=True):
    """What a person decided of two records; `actor` as the audit trail names it, None for a decision not kept."""

    together: bool
    at: datetime
    actor: str | None
    reason: str | None


class Generic(Struct, frozen=True):
    """A value that so many share that it names nobody."""

    kind: int
    value: str
    people: int
    records: int
    since: datetime


class Loaded(Struct, frozen=True):
    """All that an explanation is worked out from. `parts`: every record at hand by id; `records`: how many the profile
    has, which may be more.
    """

    profile_id: UUID
    other_id: UUID | None
    case: Case
    parts: dict[str, Part]
    records: int
    words: dict[tuple[str, str], Word]
    generics: list[Generic]
    model: AtWork


class Explained(Struct, frozen=True):
    """An explanation. `ways`: the steps between the two records asked about; `apart`: pairs of two profiles.

    `profiles`: whose each record at hand is. With `other` set all is about what is between the two.
    """

    profile_id: UUID
    other: UUID | None
    parts: list[Part]
    by_id: Mapping[str, Part]
    profiles: Mapping[str, str]
    records: int
    inside: Inside
    way: list[Tie]
    apart: list[Tie]
    cuts: Cuts
    words: Mapping[tuple[str, str], Word]
    generics: list[Generic]
    model: Model
    model_no: int
    whole: bool

    @property
    def two(self) -> bool:
        """Whether it is about two people."""
        return self.other is not None and self.other != self.profile_id


async def explain(
    database: Database, vault: Vault, record_id: UUID, other: UUID | None = None, *, split: bool = True
) -> Explained:
    """Explain the profile of a record; with `other`, a record too, why the two are one person, or why they are not.

    Without `split` nothing is tried that would split the profile. Raises NotFound. Takes up to seconds for a profile
    of hundreds of records, in a thread of its own.
    """
    async with database.read(vault.workspace_id) as conn:
        loaded = await load(conn, vault, record_id, other)
    return await asyncio.to_thread(work_out, loaded, record_id, other, split=split)


async def load(conn: AsyncConnection, vault: Vault, record_id: UUID, other: UUID | None) -> Loaded:
    """Load the components around the records. Raises NotFound."""
    profile_id = await resolve(conn, vault.workspace_id, record_id)
    other_id = None if other is None else await _other(conn, vault.workspace_id, other)
    workspace: dict[str, Any] = {"workspace_id": vault.workspace_id}
    profiles = [profile_id] if other_id in (None, profile_id) else [profile_id, other_id]
    asked = workspace | {"profiles": profiles, "records": RECORDS_MAX, "limit": PARTNERS_MAX}
    partners = [] if len(profiles) > 1 else [one[0] for one in await rows(conn, SQL.partners, asked)]
    asked = workspace | {"profiles": profiles, "records": partners, "limit": MEMBERS_MAX + 1}
    found = await rows(conn, SQL.members, asked)
    count = await row(conn, SQL.record_count, workspace | {"profile_id": profile_id})
    kept = [one[1:] for one in _kept(found, profiles, must={record_id, other})]
    parts = {one[2].hex: part_of(vault, one[2:]) for one in kept}
    model = at_work(await rows(conn, _MODEL.load_model, workspace), vault.hash)
    members = [_member(part, model, vault) for part in parts.values()]
    generics = await _generics(conn, workspace, members)
    keys = sorted({key for one in members for key in one.keys})
    crowded = await rows(conn, SQL.crowded_among, workspace | {"model_no": model.keys, "keys": keys})
    manual, words = await _decided(conn, workspace, [part.record_id for part in parts.values()])
    case = Case(
        members=members,
        profiles={one[2].hex: one[1].hex for one in kept},
        components={one[2].hex: one[0].hex for one in kept},
        matcher=model.matcher,
        retired={(one.kind, one.value) for one in generics},
        crowded={one[0] for one in crowded},
        manual=manual,
        whole={one[3].hex for one in found if one[0] == 0} <= parts.keys(),
    )
    return Loaded(profile_id, other_id, case, parts, int(count[0]) if count else 0, words, generics, model)


async def _other(conn: AsyncConnection, workspace_id: int, record_id: UUID) -> UUID:
    try:
        return await resolve(conn, workspace_id, record_id)
    except NotFound:
        raise NotFound(
            "There is no customer with the other id; they may have been erased.", field="other"
        ) from None


def _kept(
    found: Sequence[tuple[Any, ...]], profiles: Sequence[UUID], must: set[UUID | None]
) -> list[tuple[Any, ...]]:
    """At most RECORDS_MAX of each profile asked for, the records that are named among them, and MEMBERS_MAX in all."""
    room = dict.fromkeys(profiles, RECORDS_MAX)
    kept = []
    for one in found[:MEMBERS_MAX]:
        profile_id, record_id = one[2], one[3]
        left = room.get(profile_id, 1)
        if profile_id in room:
            room[profile_id] = left - 1
        if left > 0 or record_id in must:
            kept.append(one)
    return kept


def _member(part: Part, model: AtWork, vault: Vault) -> Member:
    fields = keyed(part.fields, model.matcher, vault.hash, model.keys)
    return member(part.record_id.hex, fields, known=part.known, first_us=micros(part.first_at))


async def _generics(
    conn: AsyncConnection, workspace: dict[str, Any], members: Sequence[Member]
) -> list[Generic]:
    values: dict[Value, None] = {value: None for one in members for value in one.identifiers}
    asked = [{"kind": kind, "value": value} for kind, value in values]
    params = workspace | {"values": msgspec.json.encode(asked).decode()}
    return [
        Generic(kind, value.hex, people, records, since)
        for kind, value, people, records, since in await rows(conn, PROFILES.generic_values, params)
    ]


async def _decided(
    conn: AsyncConnection, workspace: dict[str, Any], ids: Sequence[UUID]
) -> tuple[Manual, dict[tuple[str, str], Word]]:
    manual: Manual = {}
    words: dict[tuple[str, str], Word] = {}
    params = workspace | {"ids": list(ids), "limit": DECISIONS_MAX}
    for a, b, together, at, decision_id, actor, reason in await rows(conn, SQL.decided_among, params):
        decided = Decided(together, (micros(at), decision_id.hex))
        manual.setdefault(a.hex, {})[b.hex] = manual.setdefault(b.hex, {})[a.hex] = decided
        words[a.hex, b.hex] = Word(together, at, actor, reason)
    return manual, words


def work_out(loaded: Loaded, record_id: UUID, other: UUID | None, *, split: bool) -> Explained:
    """The explanation itself; no I/O."""
    case, mine = loaded.case, loaded.profile_id.hex
    explainer = Explainer(case)
    ids = explainer.records_of(mine)
    two = loaded.other_id is not None and loaded.other_id != loaded.profile_id
    inside = Inside([], [], 0) if two else explainer.inside(mine)
    tried = Cuts([], 0, agrees=None)
    if split and not two:
        tried = cuts(case, mine, inside.tree)
    asked = {value for rid in ids for value in loaded.parts[rid].fields.linking()}
    if two and loaded.other_id is not None:
        theirs = explainer.records_of(loaded.other_id.hex)
        asked &= {value for rid in theirs for value in loaded.parts[rid].fields.linking()}
    return Explained(
        profile_id=loaded.profile_id,
        other=loaded.other_id,
        parts=sorted((loaded.parts[rid] for rid in ids), key=lambda part: (part.first_at, part.record_id)),
        by_id=loaded.parts,
        profiles=case.profiles,
        records=loaded.records,
        inside=inside,
        way=route(inside.tree, record_id.hex, other.hex) if other is not None and not two else [],
        apart=explainer.apart(mine, loaded.other_id.hex if two and loaded.other_id else None),
        cuts=tried,
        words=loaded.words,
        generics=[one for one in loaded.generics if (one.kind, one.value) in asked],
        model=case.matcher.model,
        model_no=loaded.model.number,
        whole=case.whole,
    )
