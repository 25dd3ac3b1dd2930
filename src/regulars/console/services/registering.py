"""Writes to the registers and of consent: events of a source, through the gate like all others.

So the log rebuilds what was written here. An event's id comes from the Idempotency-Key of a call, else from what
is said and what it replaces: a repeat changes nothing, and saying something anew after something else does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.registers.rules import entries_of
from regulars.store.database import Database
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Gate, Result, Source

from .saying import say

CONSOLE_SOURCE: Final = "console"
"""The source of what people write on pages."""
_NOTHING: Final = UUID(int=0)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes: the events are of `source`, come in by `door`, and are the trail's `actor`'s. `caller` keeps the
    ids of different callers' events apart; `idempotency_key` is that of a call, if it has one."""

    database: Database
    vault: Vault
    gate: Gate
    clock: Callable[[], datetime]
    source: Source
    door: str
    actor: str
    caller: str
    idempotency_key: str | None = None


class Stand(Struct, frozen=True):
    """When and by which event an entry of a register was last told; never, where a sale only mentioned it."""

    said_at: datetime | None = None
    said_key: UUID = _NOTHING


def occurred_at(author: Author, stand: Stand) -> datetime:
    """Now, or just after what is to be replaced, where a source's clock is ahead of ours."""
    now = author.clock()
    return now if stand.said_at is None else max(now, stand.said_at + _MOMENT)


def event_id(author: Author, route: str, said: Any, stand: Stand) -> str:
    """The id of an event: the same for a repeat of the call, another for anything else."""
    text = msgspec.json.encode(said, order="sorted").decode()
    key = author.idempotency_key
    again = ("content", stand.said_key.hex) if key is None else ("key", key)
    parts = (author.caller, route, text, *again)
    return f"{author.door}-{author.vault.hash('api.write', *parts)}"


def checked(event: Event, part: str) -> Event:
    """The event, when the registers can take it. Raises InvalidInput with the field of the request's body."""
    try:
        entries_of(event, _NOTHING.hex)
    except InvalidInput as error:
        name = error.field.removeprefix(f"{part}.") if error.field else None
        raise InvalidInput(error.template, code=error.code, field=name, **error.values) from None
    return event


async def submit(author: Author, event: Event, object_: str) -> Result:
    """Apply one event and note it in the audit trail. Raises Unprocessable when it was not taken."""
    return await say(
        author.gate,
        author.database,
        author.source,
        event,
        door=author.door,
        actor=author.actor,
        object_=object_,
    )
