"""Adjustments of points: at once up to the programme's limit, above it by a second person."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from regulars.console.i18n import _, later, number
from regulars.console.services.common import row
from regulars.console.services.deciding import checked_reason
from regulars.console.services.export import texts_of
from regulars.console.services.member import PointsOf, Standing
from regulars.console.services.people import Part
from regulars.store.audit import write_line_async
from regulars.vocabulary.errors import Forbidden, InvalidInput, Unprocessable
from regulars.vocabulary.events import ADJUSTED, POINTS_MAX, Event, Loyalty
from regulars.vocabulary.intake import OWN_SOURCE_ID, Result, own_source

from .kinds import DONE, Approval, Kind, Means, Who
from .room import SQL, Room

NAME: Final = "points_adjustment"
DOOR: Final = "adjustments"
_TXN: Final = "adjust"
REFUSALS: Final[Mapping[str, str]] = {
    "insufficient_points": later("The member does not have so many points."),
    "unknown_point": later("The programme has no such points."),
    "no_programme": later("No version of the programme holds."),
    "not_a_member": later("The customer takes part in the programme no more."),
    "not_waiting": later("The points did not wait any more."),
    "refused": later("It could not be done."),
}
"""Why what was decided could not be done, by its code."""


class Adjustment(Struct, frozen=True):
    """Points to be given (above zero) or taken. `name` is what they are called, for the reader."""

    programme: int
    member: str
    point: str
    amount: int
    name: str


class Adjusted(Struct, frozen=True):
    """An adjustment that was done (`approval` is None), or waits for a second person."""

    approval: Approval | None = None


class Adjusting:
    """Adjusts points of members of one workspace."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._means = room.means

    async def adjust(
        self,
        standing: Standing,
        parts: Sequence[Part],
        who: Who,
        *,
        amount: int,
        reason: str,
        point: str | None = None,
        key: str | None = None,
    ) -> Adjusted:
        """Give or take points, or ask a second person. `parts` are the customer's records, `key` names a call.

        Raises InvalidInput with the field, Forbidden for a role that may not, and Unprocessable `insufficient_points`.
        """
        if not self._room.kinds[NAME].may_ask(who):
            raise Forbidden("Your role does not include adjusting points.")
        said, points = checked(standing, parts, amount=amount, reason=reason, point=point)
        wanted = Adjustment(standing.programme, standing.profile_id.hex, points.point, amount, points.name)
        limit = limit_of(standing)
        if limit is not None and abs(amount) > limit:
            if -amount > points.balance - points.held:
                raise insufficient(points)
            asked = await self._room.ask(NAME, wanted, who, reason=said, subject=standing.profile_id, key=key)
            return Adjusted(asked)
        id_ = f"adjust-{os.urandom(16).hex()}" if key is None else self._id(who, key)
        outcome, repeated = await _submit(self._means, id_, wanted, actor=who.actor, reason=said)
        if outcome == "insufficient_points":
            raise insufficient(points)
        if outcome != DONE:
            raise Unprocessable(REFUSALS.get(outcome, REFUSALS["refused"]), code=outcome)
        if repeated:
            return Adjusted()
        told = {"event": id_, **_told(msgspec.to_builtins(wanted))}
        workspace_id = self._means.vault.workspace_id
        async with self._means.database.write(workspace_id) as conn:
            name = f"profile:{wanted.member}"
            await write_line_async(conn, workspace_id, who.actor, "points.adjusted", name, told)
        return Adjusted()

    def _id(self, who: Who, key: str) -> str:
        return f"adjust-{self._means.vault.hash('adjust', who.actor, key)}"


def limit_of(standing: Standing) -> int | None:
    """How many points one person gives or takes alone; None: any number."""
    return standing.rules.limits.adjustment_points


def insufficient(points: PointsOf) -> Unprocessable:
    """The error where more is to be taken than there is."""
    return Unprocessable(
        "The member has %(n)s points that can be taken.",
        code="insufficient_points",
        field="amount",
        n=max(0, points.balance - points.held),
    )


def checked(
    standing: Standing, parts: Sequence[Part], *, amount: int, reason: str, point: str | None
) -> tuple[str, PointsOf]:
    """Reason and points of an adjustment. Raises InvalidInput with the field.

    The reason stays in the ledger for good, so it must not name the customer.
    """
    if not 0 < abs(amount) <= POINTS_MAX:
        raise InvalidInput("Give a number of points, below zero to take some.", field="amount")
    codes = [one.code for one in standing.rules.point]
    code = point or codes[0]
    points = next((one for one in standing.points if one.point == code), None)
    if points is None:
        raise InvalidInput("Points of this programme are: %(names)s.", field="point", names=", ".join(codes))
    said = checked_reason(reason)
    folded = said.casefold()
    if any(text in folded for text in texts_of(parts)):
        raise InvalidInput(
            "Do not name the customer in the reason: it stays in the books for good.",
            code="names_the_customer",
            field="reason",
        )
    return said, points


async def _submit(means: Means, id_: str, wanted: Adjustment, *, actor: str, reason: str) -> tuple[str, bool]:
    """Say it to the engine: DONE, or the code of why not, and whether it had been said before under this id."""
    said = Loyalty(
        programme=wanted.programme,
        member=wanted.member,
        point=wanted.point,
        amount=wanted.amount,
        actor=actor,
        reason=reason,
    )
    event = Event(id=id_, type=ADJUSTED, occurred_at=means.clock(), loyalty=said)
    source = own_source(means.vault.workspace_id)
    result = (await means.gate.submit(source, [msgspec.json.encode(event)], door=DOOR))[0]
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    return await _outcome(means, id_, result), result.status == "duplicate"


async def _outcome(means: Means, id_: str, result: Result) -> str:
    if result.status == "duplicate":
        params = {
            "workspace_id": means.vault.workspace_id,
            "event_key": means.vault.hash("event", str(OWN_SOURCE_ID), id_),
            "kind": _TXN,
        }
        async with means.database.read(means.vault.workspace_id) as conn:
            found = await row(conn, SQL.was_posted, params)
        return DONE if found is not None and found[0] else "refused"
    if not result.loyalty:
        return "not_a_member"
    return result.loyalty[0].refused or DONE


async def carry_out(means: Means, approval: Approval) -> str:
    """Do what was approved; the approval's id names the event, so that it happens once."""
    if approval.subject is None:
        return "not_a_member"
    wanted = msgspec.convert(approval.command, Adjustment)
    id_ = f"approval-{approval.approval_id.hex}"
    outcome, _repeated = await _submit(means, id_, wanted, actor=approval.asked_by, reason=approval.reason)
    return outcome


def _say(command: Mapping[str, Any]) -> str:
    amount, name = command.get("amount", 0), command.get("name", "")
    if amount < 0:
        return _("Take %(n)s %(points)s", n=number(-amount), points=name)
    return _("Give %(n)s %(points)s", n=number(amount), points=name)


def _told(command: Mapping[str, Any]) -> dict[str, Any]:
    return {name: command[name] for name in ("programme", "point", "amount") if name in command}


ADJUSTMENTS: Final = Kind(
    name=NAME,
    words=later("Adjustment of points"),
    ask=frozenset({"owner", "marketer", "manager", "associate"}),
    decide=frozenset({"owner", "manager"}),
    say=_say,
    told=_told,
    carry_out=carry_out,
)
