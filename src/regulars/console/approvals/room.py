"""Asking for something and deciding on it: nobody decides on what they asked for themselves, and nobody decides twice."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.console.i18n import later
from regulars.console.services.common import row, rows
from regulars.console.services.deciding import REASON_CHARACTERS_MAX, checked_reason
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import Conflict, Forbidden, InvalidInput, NotFound, Unprocessable

from .kinds import APPROVED, LAPSED, OPEN, REJECTED, Approval, Kind, Means, Who

EXPIRES_AFTER: Final = timedelta(days=14)
OPEN_MAX: Final = 1_000
"""Most that wait at once."""
COUNTED_MAX: Final = 100
ABOUT_MAX: Final = 10_000
SQL: Final = load_queries("regulars.store.views", "approvals.sql")
_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_ID: Final = UUID(int=2**128 - 1)


class Place(Struct, frozen=True, array_like=True):
    """Where a list goes on."""

    at: datetime
    approval_id: UUID


class Waiting(Struct, frozen=True):
    """As much of what waits as counting it takes."""

    kind: str
    asked_by: str
    stores: list[str] | None


class Room:
    """The approvals of one workspace, of the kinds given."""

    def __init__(self, means: Means, kinds: Mapping[str, Kind]) -> None:
        self.means = means
        self.kinds = kinds
        self._workspace_id = means.vault.workspace_id

    async def ask(
        self,
        kind: str,
        command: Any,
        who: Who,
        *,
        reason: str,
        subject: UUID | None = None,
        key: str | None = None,
    ) -> Approval:
        """Put a command before a second person. `key` names a call that may be repeated.

        Raises Forbidden for a role that may not ask for it, InvalidInput for a bad reason, Conflict when too much waits.
        """
        made, said, now = self.kinds[kind], checked_reason(reason), self.means.clock()
        if not made.may_ask(who):
            raise Forbidden("Your role does not include asking for this.")
        approval_id = self._id(who, key)
        plain = msgspec.to_builtins(command)
        params = self._of(
            approval_id,
            kind=kind,
            subject=subject,
            asked_by=who.actor,
            stores=None if who.stores is None else sorted(who.stores),
            reason=said,
            command=msgspec.json.encode(plain).decode(),
            expires_at=now + EXPIRES_AFTER,
            most=OPEN_MAX,
        )
        async with self.means.database.write(self._workspace_id) as conn:
            if await row(conn, SQL.ask, params) is not None:
                await self._tell(conn, who, "asked", approval_id, made, plain)
            found = await self._found(conn, approval_id, SQL.one)
        if found is None:
            raise Conflict(
                "%(n)s approvals wait already. Decide on some first.",
                code="too_many_approvals",
                n=OPEN_MAX,
            )
        return found

    async def read(self, approval_id: UUID, who: Who) -> Approval:
        """One of them. Raises NotFound for what is not there, or not for this person's eyes."""
        async with self.means.database.read(self._workspace_id) as conn:
            found = await self._found(conn, approval_id, SQL.one)
        return self._seen(found, who)

    async def listed(
        self, who: Who, *, waiting: bool | None, limit: int, after: Place | None = None
    ) -> Sequence[Approval]:
        """What somebody asked for or may decide on, the newest first: what waits, the rest, or (None) both."""
        params = {
            "workspace_id": self._workspace_id,
            "now": self.means.clock(),
            "waiting": waiting,
            "subject": None,
            "everything": who.role is None,
            "actor": who.actor,
            "refusing": self._refusing(),
            "kinds": [kind.name for kind in self.kinds.values() if who.role in kind.decide],
            "stores": None if who.stores is None else sorted(who.stores),
            "before": after.at if after else _END,
            "id": after.approval_id if after else _LAST_ID,
            "limit": limit,
        }
        async with self.means.database.read(self._workspace_id) as conn:
            return [Approval(*one) for one in await rows(conn, SQL.listed, params)]

    async def waiting(self, conn: AsyncConnection) -> list[Waiting]:
        """What waits in all, for counting what of it waits for whom; a hundred at most."""
        params = {
            "workspace_id": self._workspace_id,
            "now": self.means.clock(),
            "limit": COUNTED_MAX,
        }
        return [Waiting(*one) for one in await rows(conn, SQL.waiting, params)]

    def count_for(self, waiting: Sequence[Waiting], who: Who) -> int:
        """How much of what waits this person may decide on."""
        return sum(
            1
            for one in waiting
            if one.asked_by != who.actor
            and one.kind in self.kinds
            and self.kinds[one.kind].may_decide(who, one.stores)
        )

    def may_decide(self, approval: Approval, who: Who) -> bool:
        """Whether this person may decide on it, if it is still open."""
        return (
            approval.kind in self.kinds
            and approval.asked_by != who.actor
            and self.kinds[approval.kind].may_decide(who, approval.stores)
        )

    def waits(self, approval: Approval) -> bool:
        """Whether somebody still has to do something."""
        return approval.state == OPEN or self._unfinished(approval)

    def _unfinished(self, approval: Approval) -> bool:
        """Whether it was decided on, and something came between before that was carried out."""
        refused = approval.state == REJECTED and approval.kind in self._refusing()
        return approval.outcome is None and (approval.state == APPROVED or refused)

    def _refusing(self) -> list[str]:
        return [kind.name for kind in self.kinds.values() if kind.refuse is not None]

    async def approve(self, approval_id: UUID, who: Who, note: str = "") -> Approval:
        """Let it be done, and do it. What was approved but not carried out is carried out by a repeat.

        Raises NotFound; Forbidden for one's own and for a role that may not decide; Conflict when it was decided on or
        has lapsed; TryLater when it was approved and could not be carried out yet.
        """
        held = await self._decide(approval_id, who, APPROVED, note)
        return await self._carry_out(held, who, self.kinds[held.kind].carry_out)

    async def reject(self, approval_id: UUID, who: Who, note: str) -> Approval:
        """Do not let it be done, for a reason. Raises as `approve` does, and InvalidInput for no note."""
        held = await self._decide(approval_id, who, REJECTED, note)
        refuse = self.kinds[held.kind].refuse
        return held if refuse is None else await self._carry_out(held, who, refuse)

    async def _carry_out(
        self, held: Approval, who: Who, do: Callable[[Means, Approval], Awaitable[str]]
    ) -> Approval:
        approval_id, outcome = held.approval_id, await do(self.means, held)
        async with self.means.database.write(self._workspace_id) as conn:
            await conn.execute(SQL.carried_out, self._of(approval_id, outcome=outcome))
            return self._seen(await self._found(conn, approval_id, SQL.one), who)

    async def _decide(self, approval_id: UUID, who: Who, state: str, note: str) -> Approval:
        said = note.strip()
        if len(said) > REASON_CHARACTERS_MAX or (state == REJECTED and not said):
            raise InvalidInput("Say why, in at most %(n)s characters.", field="note", n=REASON_CHARACTERS_MAX)
        async with self.means.database.write(self._workspace_id) as conn:
            held = self._seen(await self._found(conn, approval_id, SQL.hold), who)
            await self._admit(conn, held, who)
            if held.state == state and self._unfinished(held):
                return held
            self._still_open(held)
            params = self._of(approval_id, state=state, decided_by=who.actor, note=said)
            await conn.execute(SQL.decide, params)
            await self._tell(conn, who, state, approval_id, self.kinds[held.kind], held.command)
            return self._seen(await self._found(conn, approval_id, SQL.one), who)

    async def _admit(self, conn: AsyncConnection, held: Approval, who: Who) -> None:
        """Raises Forbidden for somebody who may not decide on it."""
        askers = {held.asked_by, *await self._behind(conn, held.asked_by)}
        if askers & {who.actor, *await self._behind(conn, who.actor)}:
            raise Forbidden(
                "Somebody else decides on what you asked for.", code="own_request", field="approval_id"
            )
        if held.kind not in self.kinds:
            raise Unprocessable("This program does not know how to do this any more.", code="unknown_kind")
        if not self.kinds[held.kind].may_decide(who, held.stores):
            raise Forbidden("Your role, or the stores you work in, do not include deciding on this.")

    async def _behind(self, conn: AsyncConnection, actor: str) -> frozenset[str]:
        """Who made an API key, since nobody is a second person by a key of their own; nobody for anybody else."""
        kind, _colon, id_ = actor.partition(":")
        if kind != "key":
            return frozenset()
        params = {"workspace_id": self._workspace_id, "key_id": id_}
        return frozenset(one[0] for one in await rows(conn, SQL.key_maker, params) if one[0])

    def _still_open(self, held: Approval) -> None:
        if held.state == LAPSED:
            raise Conflict("Nobody decided on this in time. Ask for it again.", code="approval_lapsed")
        if held.state != OPEN:
            raise Conflict("Somebody decided on this already.", code="decided_already")

    def _seen(self, found: Approval | None, who: Who) -> Approval:
        """What this person may see of what was found. Raises NotFound."""
        may = found is not None and (
            who.role is None
            or found.asked_by == who.actor
            or (found.kind in self.kinds and self.kinds[found.kind].may_decide(who, found.stores))
        )
        if found is None or not may:
            raise NotFound("There is no such approval.", field="approval_id")
        return found

    async def _found(self, conn: AsyncConnection, approval_id: UUID, sql: Any) -> Approval | None:
        found = await row(conn, sql, self._of(approval_id))
        return Approval(*found) if found is not None else None

    def _id(self, who: Who, key: str | None) -> UUID:
        if key is None:
            return UUID(bytes=os.urandom(16), version=4)
        return UUID(self.means.vault.hash("approval", who.actor, key))

    def _of(self, approval_id: UUID, **more: Any) -> dict[str, Any]:
        now = self.means.clock()
        return {"workspace_id": self._workspace_id, "approval_id": approval_id, "now": now, **more}

    async def _tell(
        self,
        conn: AsyncConnection,
        who: Who,
        verb: str,
        approval_id: UUID,
        kind: Kind,
        command: Mapping[str, Any],
    ) -> None:
        told = {"kind": kind.name, **kind.told(command)}
        name = f"approval:{approval_id.hex}"
        await write_line_async(conn, self._workspace_id, who.actor, f"approval.{verb}", name, told)


async def approvals_about(
    conn: AsyncConnection, workspace_id: int, records: Sequence[UUID], *, now: datetime
) -> Sequence[Approval]:
    """What was asked about a customer, the newest first; `ABOUT_MAX` at most."""
    params = {
        "workspace_id": workspace_id,
        "now": now,
        "waiting": None,
        "subject": list(records),
        "refusing": [],
        "everything": True,
        "actor": "",
        "kinds": [],
        "stores": None,
        "before": _END,
        "id": _LAST_ID,
        "limit": ABOUT_MAX,
    }
    return [Approval(*one) for one in await rows(conn, SQL.listed, params)]


STATE_WORDS: Final = {
    OPEN: later("Open"),
    APPROVED: later("Approved"),
    REJECTED: later("Refused"),
    LAPSED: later("Lapsed"),
}
