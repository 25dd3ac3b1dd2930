"""Decisions that people made, the newest first, for everybody or for one customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from regulars.store.database import AsyncConnection

from .lookups import listed
from .surroundings import DECISIONS

PROFILES_SHOWN_MAX: Final = 6
_PAIRS_LOOKED_AT: Final = 50
_LAST: Final = UUID(int=2**128 - 1)
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)

Verb: TypeAlias = Literal["merged", "separated", "withdrawn"]


class DecisionPlace(Struct, frozen=True, array_like=True):
    """Where a listing goes on."""

    at: datetime
    decision_id: UUID


class Decided(Struct, frozen=True):
    """A decision. `holds` while it has the last word on some pair; `undoes`: the one it took back.

    `profiles`: up to six of the customers it is about, as they are now.
    """

    decision_id: UUID
    at: datetime
    actor: str
    reason: str
    together: bool | None
    pairs: int
    undoes: UUID | None
    holds: bool
    profiles: list[UUID]

    @property
    def verb(self) -> Verb:
        """What it said."""
        return {True: "merged", False: "separated", None: "withdrawn"}[self.together]  # type: ignore[return-value]

    @property
    def place(self) -> DecisionPlace:
        """Where a listing goes on after it."""
        return DecisionPlace(self.at, self.decision_id)


async def load_decisions(
    conn: AsyncConnection,
    workspace_id: int,
    *,
    limit: int,
    after: DecisionPlace | None = None,
    profile_id: UUID | None = None,
) -> list[Decided]:
    """Decisions from a place on; of one profile, those that spoke of one of its records."""
    place = after or DecisionPlace(_NEVER, _LAST)
    params = {
        "workspace_id": workspace_id,
        "profile_id": profile_id,
        "pairs": _PAIRS_LOOKED_AT,
        "at": place.at,
        "id": place.decision_id,
        "limit": limit,
    }
    sql = DECISIONS.decisions if profile_id is None else DECISIONS.decisions_of
    found = await listed(conn, sql, params)
    return [Decided(*(*rest, profiles[:PROFILES_SHOWN_MAX])) for *rest, profiles in found]
