"""What several services share: sources and shops by name, masks, places in lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import category
from uuid import UUID

from msgspec import Struct

from regulars.console.i18n import later
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import Conflict, InvalidInput

SQL = load_queries("regulars.store.views", "customers.sql")


class SourceName(Struct, frozen=True):
    """A source as screens name it."""

    source_id: int
    name: str
    kind: str
    till_system: str


class ChangedMeanwhile(Conflict):
    """Somebody else saved since this was read. Read it again."""

    code = "changed_meanwhile"

    def __init__(self, field: str | None = None) -> None:
        super().__init__(later("Somebody else saved since this was read. Read it again."), field=field)


async def rows(conn: AsyncConnection, sql: Any, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query that has a bound of its own."""
    return await (await conn.execute(sql, params)).fetchall()


async def row(conn: AsyncConnection, sql: Any, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of a query, if any."""
    return await (await conn.execute(sql, params)).fetchone()


async def sources(conn: AsyncConnection, workspace_id: int) -> dict[int, SourceName]:
    """The sources of a workspace by number."""
    found = await rows(conn, SQL.source_names, {"workspace_id": workspace_id})
    return {one[0]: SourceName(*one) for one in found}


async def store_names(conn: AsyncConnection, workspace_id: int) -> dict[str, str]:
    """Names of shops by code; a shop without a name is absent."""
    found = await rows(conn, SQL.store_names, {"workspace_id": workspace_id})
    return dict(found)


def mask(kind: str, value: str) -> str:
    """A contact as people without the right to see it see it: enough to compare, not enough to use."""
    if kind == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}•••@{domain}"
    return f"•••• {value[-4:]}" if len(value) > 6 else "••••"


def has_controls(text: str) -> bool:
    """Whether a text holds what is no sign of any writing: control characters, halves of surrogate pairs."""
    return any(category(char) in {"Cc", "Cs"} for char in text)


def pack_place(*parts: object) -> str:
    """A place in a list as a cursor for a URL."""
    return base64.urlsafe_b64encode("|".join(map(str, parts)).encode()).decode().rstrip("=")


def unpack_place(text: str | None, parts: int) -> list[str] | None:
    """The parts of a cursor, None without one. Raises InvalidInput for one we did not make."""
    if not text:
        return None
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        found = []
    if len(found) != parts:
        raise InvalidInput(
            "This address has a page mark that is not ours. Start from the first page.", field="page"
        )
    return found


def whole(text: str, field: str) -> int:
    """A whole number out of a URL. Raises InvalidInput."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("%(name)s is a whole number.", field=field, name=field)
    return int(text)


def id_array(ids: Iterable[str]) -> str:
    """Ids as the text of a PostgreSQL array."""
    return "{" + ",".join(ids) + "}"


def uuid_of(text: str, field: str) -> UUID:
    """An id out of a URL. Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("%(name)s is an id of 32 hexadecimal digits.", field=field, name=field) from None
