"""What loyalty keeps of a person, for access requests: where they stand, and everything that moved their points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from regulars.console.services.member import Standing
from regulars.console.services.points_ledger import LedgerLine, load_lines
from regulars.store.database import AsyncConnection

from .room import approvals_about

PAGE_LINES: Final = 1_000


class ExportedPoints(Struct, frozen=True):
    """Points of one type, as they stand."""

    point: str
    balance: int
    held: int
    pending: int
    debt: int


class ExportedMembership(Struct, frozen=True):
    """A programme the person takes part in."""

    programme: str
    enrolled_at: datetime | None
    status: str
    tier: str | None
    points: list[ExportedPoints]


class ExportedMovement(Struct, frozen=True):
    """Points that came (above zero) or went, and why. `receipt` is the sale's that gave them."""

    programme: int
    at: datetime
    occurred_at: datetime
    kind: str
    point: str
    amount: int
    reason: str
    receipt: str | None


class ExportedApproval(Struct, frozen=True):
    """What somebody asked for about the person, and what a second person decided."""

    kind: str
    asked_at: datetime
    reason: str
    state: str
    decided_at: datetime | None
    note: str


class ExportedLoyalty(Struct, frozen=True):
    """All that loyalty keeps of a person."""

    memberships: list[ExportedMembership]
    movements: list[ExportedMovement]
    approvals: list[ExportedApproval]


async def loyalty_of_person(
    conn: AsyncConnection,
    workspace_id: int,
    standings: Sequence[Standing],
    records: Sequence[UUID],
    *,
    now: datetime,
) -> ExportedLoyalty:
    """Where a person stands, every movement of the points of their records, and what was asked about them."""
    lines: list[LedgerLine] = []
    page = None
    while True:
        found = await load_lines(conn, workspace_id, records, page=page, limit=PAGE_LINES)
        lines += found.lines
        if found.older is None:
            break
        page = found.older
    asked = await approvals_about(conn, workspace_id, records, now=now)
    return ExportedLoyalty(
        [_membership(one) for one in standings],
        [_movement(one) for one in lines],
        [
            ExportedApproval(one.kind, one.asked_at, one.reason, one.state, one.decided_at, one.note)
            for one in asked
        ],
    )


def _membership(standing: Standing) -> ExportedMembership:
    return ExportedMembership(
        programme=standing.name,
        enrolled_at=standing.enrolled_at,
        status=standing.status,
        tier=standing.tiers.get(standing.tier.tier) if standing.tier is not None else None,
        points=[
            ExportedPoints(one.point, one.balance, one.held, one.pending, one.debt) for one in standing.points
        ],
    )


def _movement(line: LedgerLine) -> ExportedMovement:
    return ExportedMovement(
        programme=line.programme,
        at=line.recorded_at,
        occurred_at=line.occurred_at,
        kind=line.kind,
        point=line.point,
        amount=line.amount,
        reason=line.reason,
        receipt=line.receipt,
    )
