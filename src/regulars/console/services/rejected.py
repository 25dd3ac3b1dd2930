"""Rejected events by cause: what is wrong, an example, what to do, and trying them again."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput

from .common import SourceName, row, rows
from .faults import fix_for, title_of
from .log import EVENTS, Kind, door_name, kind_of, names, open_rejected

CAUSES_MAX = 50
WAITING_SHOWN_MAX = 10_000
REPLAY_MAX: Final = 1_000
"""Most rejected events one press of a button tries again; pressing again takes the next."""


class CauseKey(Struct, frozen=True):
    """What names a cause in a form."""

    code: str
    field: str | None
    source_id: Annotated[int, Meta(ge=0, lt=2**31)]
    type: str


class Cause(Struct, frozen=True):
    """Rejected events that have one fault in common, with the newest as example."""

    code: str
    field: str | None
    source: SourceName
    type: str
    kind: Kind
    events: int
    first_at: datetime
    last_at: datetime
    attempts: int
    example_id: UUID
    title: str
    message: str
    door: str
    fix: str
    example: Any

    @property
    def mark(self) -> str:
        """The cause as part of the name of a box; `cause_of` reads it."""
        key = CauseKey(self.code, self.field, self.source.source_id, self.type)
        return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


class RejectedPage(Struct, frozen=True):
    """All causes; `waiting` counts up to 10,000."""

    causes: list[Cause]
    waiting: int


def cause_of(mark: str) -> CauseKey:
    """The cause a mark stands for. Raises InvalidInput for a mark that is not ours."""
    try:
        key = msgspec.json.decode(base64.urlsafe_b64decode(mark), type=CauseKey)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        key = None
    if key is None or "\0" in key.code + (key.field or "") + key.type:
        raise InvalidInput("This names no cause. Reload the page.", field="cause")
    return key


async def count_open(conn: AsyncConnection, workspace_id: int, limit: int = 100) -> int:
    """How many rejected events wait, counted up to a limit."""
    found = await row(conn, EVENTS.count_rejected, {"workspace_id": workspace_id, "limit": limit})
    return int(found[0]) if found else 0


async def rejected_page(conn: AsyncConnection, vault: Vault) -> RejectedPage:
    """Waiting rejected events by cause, the most frequent first."""
    params: dict[str, Any] = {"workspace_id": vault.workspace_id, "limit": CAUSES_MAX}
    groups = await rows(conn, EVENTS.rejected_causes, params)
    params = {"workspace_id": vault.workspace_id, "ids": [group[8] for group in groups]}
    examples = {one[0]: one for one in await rows(conn, EVENTS.rejected_examples, params)} if groups else {}
    known = await names(conn, vault.workspace_id)
    causes = []
    for code, field, source_id, type_, events, first_at, last_at, attempts, example_id in groups:
        one = examples[example_id]
        causes.append(
            Cause(
                code=code,
                field=field,
                source=known.source(source_id),
                type=type_,
                kind=kind_of(type_),
                events=events,
                first_at=first_at,
                last_at=last_at,
                attempts=attempts,
                example_id=example_id,
                title=title_of(code, field, one[7]),
                message=one[7],
                door=door_name(one[3]),
                fix=fix_for(code, field),
                example=open_rejected(vault, one[8], one[9]),
            )
        )
    return RejectedPage(causes, await count_open(conn, vault.workspace_id, WAITING_SHOWN_MAX))


async def ids_of_cause(conn: AsyncConnection, workspace_id: int, cause: CauseKey | None) -> list[UUID]:
    """The oldest waiting events of a cause, or of all causes; at most 1,000."""
    params = {
        "workspace_id": workspace_id,
        "all": cause is None,
        "code": cause.code if cause else "",
        "field": cause.field if cause else None,
        "source_id": cause.source_id if cause else 0,
        "type": cause.type if cause else "",
        "limit": REPLAY_MAX,
    }
    return [one[0] for one in await rows(conn, EVENTS.rejected_ids, params)]


def without_examples(page: RejectedPage) -> RejectedPage:
    """The page for people who may not see personal data."""
    return RejectedPage([msgspec.structs.replace(cause, example=None) for cause in page.causes], page.waiting)
