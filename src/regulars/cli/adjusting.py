"""`regulars loyalty adjust`: give a member points or take some."""

from __future__ import annotations

from typing import Annotated, Final

import cyclopts

from regulars.console.approvals.adjustments import Adjusted, Adjusting
from regulars.console.approvals.catalogue import room_of
from regulars.console.approvals.kinds import Means, Who
from regulars.console.services.common import uuid_of
from regulars.console.services.lookups import by_record
from regulars.console.services.member import load_standings, standing_in
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.errors import NotFound

from .common import opened, run_async, settings, show, vault_of

ACTOR: Final = "cli"


def adjust(
    profile: str,
    amount: int,
    *,
    reason: Annotated[str, cyclopts.Parameter(help="Why; stays in the ledger for good, so name nobody.")],
    programme: int | None = None,
    point: str | None = None,
    workspace: Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")] = DEFAULT,
    json: bool = False,
) -> int:
    """Give a member points, or take some. Above the programme's limit it waits for a second person in the console.

    Parameters
    ----------
    profile
        Id of the profile, or of any of its records.
    amount
        How many points; below zero to take them.
    programme
        Number of the programme; the first one where it is not said.
    point
        Type of the points; the programme's first where it is not said.
    """
    record_id = uuid_of(profile, "profile")
    with opened(settings().settings) as store:
        vault = vault_of(store, workspace)
        gate = EngineGate(store.database, store.master)

        async def work() -> Adjusted:
            async with store.database.read(vault.workspace_id) as conn:
                found = await by_record(conn, vault, record_id)
                if found is None:
                    raise NotFound("There is no customer with this id; they may have been erased.")
                people = {found.profile_id: found.parts}
                standings = await load_standings(conn, vault.workspace_id, people, now=utc_now())
            standing = standing_in(standings[found.profile_id], programme)
            adjusting = Adjusting(room_of(Means(store.database, vault, gate, utc_now)))
            return await adjusting.adjust(
                standing, found.parts, Who(ACTOR), amount=amount, reason=reason, point=point
            )

        try:
            done = run_async(store, work)
        finally:
            gate.close()
    waits = done.approval.approval_id.hex if done.approval is not None else None
    text = f"Waits for a second person as approval {waits}." if waits else "Done."
    show({"state": "waiting" if waits else "done", "approval_id": waits}, as_json=json, text=text)
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the command."""
    app.command(adjust)
