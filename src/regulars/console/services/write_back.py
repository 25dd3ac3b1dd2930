"""Write-back of a source, as pages and the API show and set it: the switch, what waits, what could not be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from regulars.store.sources import KnownSource, Sources
from regulars.store.vault import Vault
from regulars.store.write_backs import (
    OPTION,
    PROGRAMME,
    Troubled,
    WriteBacks,
    WriteFigures,
    is_on,
    programme_of,
)
from regulars.vocabulary.connector import Connector, WritesBack
from regulars.vocabulary.errors import InvalidInput

PAGES_MAX: Final = 20
"""So many thousand members at most are wished for in one request; the answer says where to go on."""


class State(Struct, frozen=True):
    """How the write-back of a source stands."""

    on: bool
    programme: int
    figures: WriteFigures
    troubled: list[Troubled]


def can_write_back(connectors: Mapping[str, Connector], kind: str) -> bool:
    """Whether a kind of source has a vendor that can be told."""
    return isinstance(connectors.get(kind), WritesBack)


def require_can_write_back(
    connectors: Mapping[str, Connector], kind: str, options: Mapping[str, str]
) -> None:
    """Raises InvalidInput where write-back is switched on for a source without a vendor that can be told."""
    if is_on(options) and not can_write_back(connectors, kind):
        raise InvalidInput(
            "Sources of this kind keep no points that could be written back.", field=f"options.{OPTION}"
        )


async def state_of(write_backs: WriteBacks, workspace_id: int, known: KnownSource) -> State:
    """How it stands now."""
    source_id = known.source.source_id
    return State(
        on=is_on(known.options),
        programme=programme_of(known.options),
        figures=await write_backs.figures(workspace_id, source_id),
        troubled=await write_backs.troubled(workspace_id, source_id),
    )


async def switch(
    sources: Sources,
    connectors: Mapping[str, Connector],
    workspace_id: int,
    known: KnownSource,
    *,
    on: bool,
    programme: int,
    actor: str,
) -> KnownSource:
    """Switch it on or off. Off stops what waits, too; nothing is taken back at the vendor. Raises InvalidInput."""
    options = dict(known.options) | {OPTION: "on" if on else "off", PROGRAMME: str(programme)}
    require_can_write_back(connectors, known.source.kind, options)
    if options == dict(known.options):
        return known
    return await sources.configure(workspace_id, known.source.name, options=options, actor=actor)


async def tell_all(
    write_backs: WriteBacks, vault: Vault, known: KnownSource, *, now: datetime, after: str | None = None
) -> str | None:
    """Have the vendor told of every member it knows, PAGES_MAX pages of them; where to go on, None at the end."""
    for _page in range(PAGES_MAX):
        after = await write_backs.tell_page(vault, known.source.source_id, now=now, after=after)
        if after is None:
            return None
    return after
