"""Writes to the registers and of consent: events of the caller's source, through the gate like all others.

So the log rebuilds what was written here. An event's id comes from the Idempotency-Key, else from what is
said and what it replaces: a repeat changes nothing, and saying something anew after something else does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.registers.rules import entries_of
from regulars.console.services.saying import say
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Result

from .deps import Visit

DOOR: Final = "api"
CODE_CHARACTERS_MAX: Final = 200
_NOTHING: Final = UUID(int=0)
_MOMENT: Final = timedelta(microseconds=1)


class Stand(Struct, frozen=True):
    """When and by which event an entry of a register was last told; never, where a sale only mentioned it."""

    said_at: datetime | None = None
    said_key: UUID = _NOTHING


def code_in(path: Path) -> str:
    """A code at the end of an address, which may hold slashes. Raises InvalidInput when it is too long."""
    code = str(path).removeprefix("/")
    if not 0 < len(code) <= CODE_CHARACTERS_MAX:
        raise InvalidInput(f"A code has 1 to {CODE_CHARACTERS_MAX} characters.", field="code")
    return code


def occurred_at(visit: Visit, stand: Stand) -> datetime:
    """Now, or just after what is to be replaced, where a source's clock is ahead of ours."""
    now = visit.deps.clock()
    return now if stand.said_at is None else max(now, stand.said_at + _MOMENT)


def event_id(visit: Visit, route: str, said: Any, stand: Stand) -> str:
    """The id of an event: the same for a repeat of the call, another for anything else."""
    text = msgspec.json.encode(said, order="sorted").decode()
    key = visit.idempotency_key
    again = ("content", stand.said_key.hex) if key is None else ("key", key)
    parts = (visit.caller.key_id, route, text, *again)
    return f"api-{visit.vault.hash('api.write', *parts)}"


def checked(event: Event, part: str) -> Event:
    """The event, when the registers can take it. Raises InvalidInput with the field of the request's body."""
    try:
        entries_of(event, _NOTHING.hex)
    except InvalidInput as error:
        name = error.field.removeprefix(f"{part}.") if error.field else None
        raise InvalidInput(error.message, code=error.code, field=name) from None
    return event


async def submit(visit: Visit, event: Event, object_: str) -> Result:
    """Apply one event and note it in the audit trail. Raises Unprocessable when it was not taken."""
    return await say(
        visit.deps.gate,
        visit.api.database,
        visit.caller.source,
        event,
        door=DOOR,
        actor=visit.actor,
        object_=object_,
    )
