"""Write-back: which vendors are told where members stand, what of it waits, and what could not be done.

Option `write_back` of a source switches it on and off; `write_back_programme` names the programme, 1 unless it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from regulars.vocabulary.connector import Standing

from .audit import Audit
from .database import Database
from .outbox import WRITE_BACK, Effect, Outbox, Settlement, write_settlements
from .pipeline import Call
from .queries import load_queries
from .vault import Vault

OPTION: Final = "write_back"
PROGRAMME: Final = "write_back_programme"
ON: Final = "on"
WRITTEN_BACK: Final = "points.written_back"
REWARD_GIVEN: Final = "reward.given_at_shop"
REWARD_ENDED: Final = "reward.ended_at_shop"
"""What the audit trail calls a change at a vendor."""
COUNTED_MAX: Final = 10_000
TROUBLED_MAX: Final = 100
PAGE_MEMBERS: Final = 1_000
_FIRST: Final = "0" * 32
_SQL = load_queries("regulars.store", "write_backs.sql")


class Stands(Struct, frozen=True):
    """Where a member stands at this moment; `again_seconds`: after so long it is another though nothing happens."""

    standing: Standing
    again_seconds: float | None = None


class Reward(Struct, frozen=True):
    """A reward that a member reserved at a web shop, for a hold."""

    member: str
    hold: str
    reward: str
    source: int


class Changed(Struct, frozen=True):
    """What a vendor was made to show or take, for the audit trail."""

    action: str
    details: Mapping[str, Any]


class Written(Settlement, frozen=True, kw_only=True):
    """How an attempt ended, and what it changed at the vendor; None where nothing was."""

    member: str = ""
    source: str = ""
    changed: Changed | None = None


class Troubled(Struct, frozen=True):
    """A member whom the vendor could not be told of: given up (`dead`), or tried again at `at`."""

    outbox_id: int
    member: str
    state: Literal["pending", "dead"]
    attempts: int
    at: datetime
    error: str | None


class WriteFigures(Struct, frozen=True):
    """What waits and was given up of a source, counted to COUNTED_MAX, and when the vendor was last told."""

    waiting: int
    failed: int
    told_at: datetime | None


class WriteBacks:
    """The write-backs of all workspaces."""

    def __init__(self, database: Database, *, audit: Audit) -> None:
        self._database = database
        self._outbox = Outbox(database)
        self._audit = audit

    async def claim(
        self, workspace_id: int, *, free: Mapping[int, int], free_else: int, lease_seconds: float
    ) -> list[Effect]:
        """What is due, at most `free[source]` of each source, `free_else` of others."""
        return await self._outbox.claim(
            workspace_id, kind=WRITE_BACK, free=free, free_else=free_else, lease_seconds=lease_seconds
        )

    async def settle(self, workspace_id: int, ended: Sequence[Written]) -> None:
        """Write how attempts ended, with a line in the audit trail for each change at a vendor."""
        async with self._database.write(workspace_id) as conn:
            await write_settlements(conn, workspace_id, ended)
            for one in ended:
                if one.changed is not None:
                    details = {"source": one.source, **one.changed.details}
                    object_ = f"profile:{one.member}"
                    await self._audit(conn, workspace_id, "regulars", one.changed.action, object_, details)

    async def figures(self, workspace_id: int, source_id: int) -> WriteFigures:
        """How a source does."""
        values = {"workspace_id": workspace_id, "source_id": source_id, "counted": COUNTED_MAX}
        async with self._database.read(workspace_id) as conn:
            row = await (await conn.execute(_SQL.figures_of, values)).fetchone()
        assert row is not None, "figures are one row"
        return WriteFigures(*row)

    async def troubled(self, workspace_id: int, source_id: int) -> list[Troubled]:
        """Members that could not be told of yet, TROUBLED_MAX at most, those given up first."""
        values = {"workspace_id": workspace_id, "source_id": source_id, "limit": TROUBLED_MAX}
        async with self._database.read(workspace_id) as conn:
            rows = await (await conn.execute(_SQL.troubled, values)).fetchall()
        return [Troubled(*row) for row in rows]

    async def revive(self, workspace_id: int, source_id: int, *, source: str, actor: str) -> int:
        """Try those given up once more. Returns how many."""
        values = {"workspace_id": workspace_id, "source_id": source_id}
        async with self._database.write(workspace_id) as conn:
            count = len(await (await conn.execute(_SQL.revive, values)).fetchall())
            if count:
                told = {"members": count}
                await self._audit(
                    conn, workspace_id, actor, "source.write_back_retried", f"source:{source}", told
                )
        return count

    async def tell_page(
        self, vault: Vault, source_id: int, *, now: datetime, after: str | None = None
    ) -> str | None:
        """Wish that PAGE_MEMBERS more members of a source be told of, those after an id; the last, None at the end."""
        values = {
            "workspace_id": vault.workspace_id,
            "source_id": source_id,
            "after": after or _FIRST,
            "limit": PAGE_MEMBERS,
        }
        async with self._database.write(vault.workspace_id) as conn:
            rows = await (await conn.execute(_SQL.members_from, values)).fetchall()
            members = [profile_id.hex for (profile_id,) in rows]
            if members:
                await conn.execute(*wish(vault, ((member, source_id) for member in members), now))
        return members[-1] if len(members) == PAGE_MEMBERS else None


def wish(
    vault: Vault,
    members: Iterable[tuple[str, int]],
    now: datetime,
    *,
    met: Iterable[tuple[str, int]] = (),
    rewards: Iterable[Reward] = (),
    ended: Iterable[tuple[str, int]] = (),
) -> Call:
    """The statement that wishes for (profile, source)s; those whom the source does not know are left out.

    `met` are (profile, source)s of whom the source told something new: of them those are wished for who have points or
    joined. `rewards` are to be given; (hold, source)s that `ended`, or may have, are looked at again where a reward was
    given.
    """
    rows: list[dict[str, Any]] = [
        _row(vault, "write_back", member, source, {"member": member}) for member, source in members
    ]
    rows += [
        _row(vault, "write_back", member, source, {"member": member}, met=True) for member, source in met
    ]
    for one in rewards:
        body = {"member": one.member, "hold": one.hold, "reward": one.reward}
        rows.append(_row(vault, "reward", one.hold, one.source, body))
    rows += [_row(vault, "reward", hold, source, {}, again=True) for hold, source in ended]
    doc = msgspec.json.encode(rows).decode()
    return Call(_SQL.wish, {"workspace_id": vault.workspace_id, "now": now, "doc": doc})


def _row(
    vault: Vault,
    kind: str,
    name: str,
    source: int,
    body: dict[str, str],
    *,
    again: bool = False,
    met: bool = False,
) -> dict[str, Any]:
    dedupe = vault.hash(kind, name, str(source))
    return {"source": source, "dedupe": dedupe, "body": body, "again": again, "met": met}


def is_on(options: Mapping[str, str]) -> bool:
    """Whether the vendor of a source is told where members stand."""
    return options.get(OPTION) == ON


def programme_of(options: Mapping[str, str]) -> int:
    """The programme whose points a vendor is told."""
    text = options.get(PROGRAMME, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
