"""The limit of a person or a key to some stores: which codes it may name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from regulars.vocabulary.errors import InvalidInput

from .database import AsyncConnection
from .queries import load_queries

STORES_MAX: Final = 100
"""Most stores somebody can be limited to; who works in more works in all."""
_QUERIES = load_queries("regulars.store", "narrowing.sql")


async def checked_stores(conn: AsyncConnection, workspace_id: int, stores: Collection[str]) -> list[str]:
    """The codes of a limit, in order, each once. Raises InvalidInput for an unknown store, for none and for too many."""
    wanted = sorted(set(stores))
    if not 1 <= len(wanted) <= STORES_MAX:
        raise InvalidInput("Name 1 to %(n)s stores, or all of them.", field="stores", n=STORES_MAX)
    params = {"workspace_id": workspace_id, "codes": [code for code in wanted if "\0" not in code]}
    known = {row[0] for row in await (await conn.execute(_QUERIES.known_stores, params)).fetchall()}
    unknown = next((code for code in wanted if code not in known), None)
    if unknown is not None:
        raise InvalidInput("The register has no store %(store)s.", field="stores", store=repr(unknown))
    return wanted
