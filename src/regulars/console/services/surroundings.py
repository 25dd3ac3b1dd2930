"""Records with everything that has a say in who is one person with them: what a decision would do is worked out here.

The very function that groups records in a turn groups them here, with the words added that somebody thinks of saying.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.partition import Pair, member, partition
from regulars.capabilities.identity.rules import keyed, micros
from regulars.capabilities.identity.state import Decided, Manual, Value
from regulars.engine.identity_memory import AtWork, at_work
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import NotFound, Unprocessable

from .common import rows
from .lookups import PROFILES
from .people import Part, part_of

DECISIONS = load_queries("regulars.store.views", "decisions.sql")
_IDENTITY = load_queries("regulars.capabilities.identity")
RECORDS_MAX: Final = 3_000
"""Most records whose grouping is worked out for one answer."""
_LAST_WORD: Final = (2**62, "f" * 32)


class Saying(Struct, frozen=True):
    """One decision to be said: pairs (a < b) of records, together, apart, or nothing any more (None)."""

    pairs: list[Pair]
    together: bool | None
    undoes: str | None = None


class Surroundings(Struct, frozen=True):
    """Whole components of records, opened. `profiles`: whose each record is now; `spoken`: when the last word was said."""

    parts: dict[str, Part]
    profiles: dict[str, str]
    at_work: AtWork
    retired: frozenset[Value]
    crowded: frozenset[int]
    manual: Manual
    spoken: datetime | None

    def records_of(self, profile_id: str) -> list[str]:
        """The records of a profile, in order."""
        return sorted(rid for rid, profile in self.profiles.items() if profile == profile_id)

    def grouped(self, sayings: Iterable[Saying]) -> dict[str, str]:
        """The profile each record would have once it is said. Takes up to a second for thousands of records."""
        manual = {one: dict(others) for one, others in self.manual.items()}
        for saying in sayings:
            decided = Decided(saying.together, _LAST_WORD)
            for a, b in saying.pairs:
                manual.setdefault(a, {})[b] = manual.setdefault(b, {})[a] = decided
        members = [
            member(rid, part.fields, known=part.known, first_us=micros(part.first_at))
            for rid, part in self.parts.items()
        ]
        return partition(
            members, self.at_work.matcher, retired=self.retired, crowded=self.crowded, manual=manual
        ).profiles


async def load_surroundings(
    conn: AsyncConnection, vault: Vault, ids: Sequence[UUID], *, field: str | None = None
) -> Surroundings:
    """The components of records (a profile's id is one of its records' ids).

    Raises NotFound where one is not there, and Unprocessable where too many hang together.
    """
    workspace = {"workspace_id": vault.workspace_id}
    asked = workspace | {"ids": list(ids), "limit": RECORDS_MAX + 1}
    found = await rows(conn, DECISIONS.surroundings, asked)
    if len(found) > RECORDS_MAX:
        raise Unprocessable(
            "More than %(n)s records hang together here. Decide on fewer at once.",
            code="too_many_records",
            n=RECORDS_MAX,
        )
    parts = {row[0].hex: part_of(vault, [row[0], *row[2:]]) for row in found}
    missing = [one for one in ids if one.hex not in parts]
    if missing:
        raise NotFound(
            "There is no customer %(hex)s; they may have been erased.", field=field, hex=missing[0].hex
        )
    model = await load_at_work(conn, vault)
    for part in parts.values():
        keyed(part.fields, model.matcher, vault.hash, model.keys)
    keys = {key for part in parts.values() for key in part.fields.keys}
    crowded = workspace | {"model_no": model.keys, "keys": list(keys)}
    words = await rows(conn, DECISIONS.words_on, workspace | {"ids": [UUID(rid) for rid in parts]})
    manual: Manual = defaultdict(dict)
    for a, b, together, at, key in words:
        manual[a.hex][b.hex] = manual[b.hex][a.hex] = Decided(together, (micros(at), key.hex))
    return Surroundings(
        parts=parts,
        profiles={row[0].hex: row[1].hex for row in found},
        at_work=model,
        retired=await _retired(conn, vault.workspace_id, parts.values()),
        crowded=frozenset(key for (key,) in await rows(conn, DECISIONS.crowded_among, crowded)),
        manual=dict(manual),
        spoken=max((word[3] for word in words), default=None),
    )


async def load_at_work(conn: AsyncConnection, vault: Vault) -> AtWork:
    """The model a workspace matches by now."""
    found = await rows(conn, _IDENTITY.load_model, {"workspace_id": vault.workspace_id})
    return at_work(found, vault.hash)


async def _retired(conn: AsyncConnection, workspace_id: int, parts: Iterable[Part]) -> frozenset[Value]:
    values = {value for part in parts for value in part.fields.linking()}
    asked = [{"kind": kind, "value": value} for kind, value in sorted(values)]
    params = {"workspace_id": workspace_id, "values": msgspec.json.encode(asked).decode()}
    return frozenset((row[0], row[1].hex) for row in await rows(conn, PROFILES.generic_values, params))
