"""Commands of `regulars identity` by which people decide: merge, unmerge, undo, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import cyclopts

from regulars.console.services import deciding, decision_list, reviews
from regulars.console.services.common import uuid_of
from regulars.console.services.deciding import Deciding, Done, Effect, Plan
from regulars.console.services.profile import resolve
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault
from regulars.store.workspaces import DEFAULT

from .common import opened, run_async, settings, show, vault_of

LINES_MAX: Final = 200
ACTOR: Final = "cli"
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
Reason = Annotated[str, cyclopts.Parameter(help="Why; kept with the decision and in the audit trail.")]
Preview = Annotated[bool, cyclopts.Parameter(help="Only say what it would do.")]
Planned = Callable[[AsyncConnection, Vault], Awaitable[Plan]]


def merge(
    first: str, second: str, *others: str, reason: Reason, preview: Preview = False,
    workspace: Workspace = DEFAULT, json: bool = False,
) -> int:  # fmt: skip
    """Make two or more customers one, by the ids of profiles or records."""
    ids = [uuid_of(one, "ids") for one in (first, second, *others)]
    return _decide(
        lambda conn, vault: deciding.plan_merge(conn, vault, ids),
        reason,
        workspace,
        preview=preview,
        as_json=json,
    )


def unmerge(
    profile: str, *records: str, every: Annotated[bool, cyclopts.Parameter(name="--all")] = False, reason: Reason,
    preview: Preview = False, workspace: Workspace = DEFAULT, json: bool = False,
) -> int:  # fmt: skip
    """Take records out of a customer.

    Parameters
    ----------
    records
        Ids of the records that are somebody else.
    every
        Take the customer fully apart: each record is a person of its own.
    """
    taken = None if every else [uuid_of(one, "records") for one in records]
    profile_id = uuid_of(profile, "profile")
    return _decide(
        lambda conn, vault: deciding.plan_unmerge(conn, vault, profile_id, taken),
        reason, workspace, preview=preview, as_json=json,
    )  # fmt: skip


def undo(
    decision: str,
    *,
    reason: Reason,
    preview: Preview = False,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Take a decision back: what held before it holds again."""
    decision_id = uuid_of(decision, "decision")
    return _decide(
        lambda conn, vault: deciding.plan_undo(conn, vault, decision_id),
        reason,
        workspace,
        preview=preview,
        as_json=json,
    )


def decisions(*, profile: str | None = None, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the latest decisions, the newest first.

    Parameters
    ----------
    profile
        Only those about the customer of this id.
    """

    async def read(conn: AsyncConnection, vault: Vault) -> list[dict[str, Any]]:
        profile_id = None
        if profile is not None:
            plain = uuid_of(profile, "profile")
            profile_id = await resolve(conn, vault.workspace_id, plain)
        found = await decision_list.load_decisions(
            conn, vault.workspace_id, limit=LINES_MAX, profile_id=profile_id
        )
        return [
            {
                "id": one.decision_id.hex, "at": one.at, "verb": one.verb, "pairs": one.pairs, "actor": one.actor,
                "holds": one.holds, "reason": one.reason,
            }
            for one in found
        ]  # fmt: skip

    told = _read(read, workspace)
    lines = [
        f"{one['id']}  {one['at']:%Y-%m-%d %H:%M}  {one['verb']:<9}  {one['pairs']:>5} pairs"
        f"  {'holds' if one['holds'] else 'replaced':<8}  {one['reason']}"
        for one in told
    ]
    show(told, as_json=json, text="\n".join(lines) or "Nobody decided anything yet.")
    return 0


def list_reviews(
    *, least: float | None = None, conflicts: bool = False, workspace: Workspace = DEFAULT, json: bool = False
) -> int:
    """List pairs of records that wait for somebody to decide, the likeliest first.

    Parameters
    ----------
    least
        Only pairs of so many bits or more.
    conflicts
        Only those that something that identifies for certain speaks against.
    """

    async def read(conn: AsyncConnection, vault: Vault) -> list[dict[str, Any]]:
        found = await reviews.load_waiting(
            conn, vault.workspace_id, limit=LINES_MAX, least=least, conflict=True if conflicts else None
        )
        return [
            {
                "records": (one.a.hex, one.b.hex), "profiles": tuple(each.hex for each in one.profiles),
                "bits": round(one.weight, 3), "conflict": one.conflict, "since": one.since,
            }
            for one in found
        ]  # fmt: skip

    told = _read(read, workspace)
    lines = [
        f"{one['bits']:>7.2f} bits  {' '.join(one['profiles'])}{'  conflict' if one['conflict'] else ''}"
        for one in told
    ]
    show(told, as_json=json, text="\n".join(lines) or "No pair waits.")
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(merge)
    app.command(unmerge)
    app.command(undo)
    app.command(decisions)
    app.command(list_reviews, name="reviews")


def _read(
    read: Callable[[AsyncConnection, Vault], Awaitable[list[dict[str, Any]]]], workspace: str
) -> list[dict[str, Any]]:
    with opened(settings().settings) as store:
        vault = vault_of(store, workspace)

        async def work() -> list[dict[str, Any]]:
            async with store.database.read(vault.workspace_id) as conn:
                return await read(conn, vault)

        return run_async(store, work)


def _decide(planned: Planned, reason: str, workspace: str, *, preview: bool, as_json: bool) -> int:
    """Plan, and carry out unless it is a preview; print what changes."""
    deciding.checked_reason(reason)
    with opened(settings().settings) as store:
        vault = vault_of(store, workspace)
        gate = EngineGate(store.database, store.master)

        async def work() -> tuple[Effect, Done | None]:
            async with store.database.read(vault.workspace_id) as conn:
                plan = await planned(conn, vault)
            effect = await deciding.effect_of(plan)
            if preview:
                return effect, None
            says = Deciding(store.database, vault, gate, utc_now)
            return effect, await says.say(plan, actor=ACTOR, reason=reason)

        try:
            effect, done = run_async(store, work)
        finally:
            gate.close()
    lines = [f"was   {side.profile_id}  {len(side.records)} records" for side in effect.before]
    lines += [
        f"{'would be' if preview else 'is now'}  {side.profile_id}  {len(side.records)} records"
        for side in effect.after
    ]
    lines += [f"decision {one}" for one in (done.decisions if done else ())]
    told = {"preview": preview, "before": effect.before, "after": effect.after}
    told |= {"decision_ids": done.decisions, "profile_ids": done.profiles} if done else {}
    show(told, as_json=as_json, text="\n".join(lines) or "Nothing would change.")
    return 0
