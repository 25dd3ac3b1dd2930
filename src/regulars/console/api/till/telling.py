"""How the till's calls say something: customers and sales as events of the key's source, commands as our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from regulars.capabilities.identity.person import person_of
from regulars.console.api.deps import Visit
from regulars.console.services.points_commands import command_key as key_of_command
from regulars.console.services.points_commands import give_command
from regulars.store.audit import write_line_async
from regulars.vocabulary.errors import InvalidInput, Unprocessable
from regulars.vocabulary.events import Customer, Event, Loyalty
from regulars.vocabulary.intake import TILL, LoyaltyAnswer, PointsAnswer, Result

from .refusals import refused


async def tell(visit: Visit, events: Sequence[Event]) -> list[Result]:
    """Apply events of the key's source. Raises Unprocessable for one that was not taken; it waits among the rejected."""
    bodies = [msgspec.json.encode(event) for event in events]
    results = await visit.deps.gate.submit(visit.caller.source, bodies, door=TILL)
    for result in results:
        if result.error is not None:
            raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    return results


async def command(visit: Visit, type_: str, said: Loyalty, *, id_: str | None = None) -> LoyaltyAnswer | None:
    """Do something with a member's points; None where the same `id_` was done before."""
    said.actor = visit.actor
    return await give_command(
        visit.deps.gate, visit.workspace_id, type_, said, id_=id_ or fresh_id(type_), at=visit.deps.clock()
    )


def fresh_id(type_: str) -> str:
    """The id of a command that nobody repeats."""
    return f"{type_}-{uuid4().hex}"


def command_key(visit: Visit, id_: str) -> str:
    """The event key of a command of ours, from which ids of what it made come."""
    return key_of_command(visit.vault, id_)


def check(answer: LoyaltyAnswer, *, field: str | None = None) -> LoyaltyAnswer:
    """The answer to a command that was done. Raises what it was refused for."""
    if answer.refused is not None:
        raise refused(answer.refused, field=field, available=answer.available or 0)
    return answer


def points_in(answer: LoyaltyAnswer, point: str) -> PointsAnswer:
    """Points of one type in an answer."""
    return next((one for one in answer.points if one.point == point), PointsAnswer(point, 0))


def record_of(visit: Visit, customer: Customer) -> str | None:
    """The record of a customer as the key's source tells of them; None for nobody in particular."""
    source = visit.caller.source
    person = person_of(customer, source_id=source.source_id, region=source.region, hash_=visit.vault.hash)
    return person.record_id if person is not None else None


def named(visit: Visit, customer: Customer) -> str:
    """The same, for calls about somebody. Raises InvalidInput where nobody is named."""
    record_id = record_of(visit, customer)
    if record_id is None:
        raise InvalidInput(
            "Say who it is: a card, a phone, an e-mail or a number of yours.", field="customer"
        )
    return record_id


async def note(visit: Visit, action: str, object_: str, details: dict[str, Any]) -> None:
    """One line of the audit trail."""
    async with visit.api.database.write(visit.workspace_id) as connection:
        await write_line_async(connection, visit.workspace_id, visit.actor, action, object_, details)
