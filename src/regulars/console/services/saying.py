"""Say something as an event: what people and keys write goes through the gate like all that sources send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.vocabulary.errors import Unprocessable
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Gate, Result, Source


async def say(
    gate: Gate,
    database: Database,
    source: Source,
    event: Event,
    *,
    door: str,
    actor: str,
    object_: str,
    details: Mapping[str, Any] | None = None,
) -> Result:
    """Apply one event of a source and note it in the audit trail. Raises Unprocessable when it was not taken."""
    result = (await gate.submit(source, [msgspec.json.encode(event)], door=door))[0]
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    told = {"event": event.id, "source": source.name, **(details or {})}
    async with database.write(source.workspace_id) as connection:
        await write_line_async(connection, source.workspace_id, actor, event.type, object_, told)
    return result
