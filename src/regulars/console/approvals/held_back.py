"""Points that a programme holds back until somebody looks at them: released, or refused for good.

The turn that counted the sale asked. What nobody decides on in time becomes what the programme says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from regulars.capabilities.loyalty import state
from regulars.console.i18n import _, later, number
from regulars.console.services.held_words import why_words
from regulars.vocabulary.errors import Unprocessable
from regulars.vocabulary.events import REVIEWED, Event, Loyalty
from regulars.vocabulary.intake import own_source

from .kinds import DONE, Approval, Kind, Means

NAME: Final = "points_review"
DOOR: Final = "reviews"


async def _release(means: Means, approval: Approval) -> str:
    return await _submit(means, approval, state.RELEASED)


async def _refuse(means: Means, approval: Approval) -> str:
    return await _submit(means, approval, state.REFUSED)


async def _submit(means: Means, approval: Approval, status: str) -> str:
    """Say to the engine what somebody decided; the approval's id names the event, so that it happens once."""
    member, earning = approval.command.get("member"), approval.command.get("earning")
    if approval.subject is None or not member or not earning:
        return "not_a_member"
    said = Loyalty(
        programme=approval.command["programme"],
        member=member,
        earning=earning,
        status=status,
        actor=approval.decided_by or "regulars",
    )
    id_ = f"review-{approval.approval_id.hex}"
    event = Event(id=id_, type=REVIEWED, occurred_at=means.clock(), loyalty=said)
    source = own_source(means.vault.workspace_id)
    (result,) = await means.gate.submit(source, [msgspec.json.encode(event)], door=DOOR)
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    if result.status == "duplicate":
        return DONE
    return (result.loyalty[0].refused or DONE) if result.loyalty else "not_a_member"


def _say(command: Mapping[str, Any]) -> str:
    return _(
        "%(n)s %(points)s wait: %(why)s",
        n=number(command.get("amount", 0)),
        points=command.get("name", ""),
        why=why_words(command.get("why", "")),
    )


def _lapsed(command: Mapping[str, Any]) -> str:
    if command.get("unreviewed") == "refuse":
        return _("Nobody has to decide any more. What was left of the points was refused.")
    return _("Nobody has to decide any more. What was left of the points was released.")


def _told(command: Mapping[str, Any]) -> dict[str, Any]:
    return {name: command[name] for name in ("programme", "point", "amount", "why") if name in command}


REVIEWS: Final = Kind(
    name=NAME,
    words=later("Points held back"),
    ask=frozenset(),
    decide=frozenset({"owner", "manager"}),
    say=_say,
    told=_told,
    carry_out=_release,
    refuse=_refuse,
    lapsed=_lapsed,
)
