"""Loyalty programmes of a workspace: which there are, their versions, a draft kept, compared with what holds, published.

Publishing is an event like any other; from its time on sales are counted by the version it names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from typing import Any, Final

from msgspec import Struct

from regulars.capabilities.loyalty.programme import Fault, Programme, lint, parse
from regulars.capabilities.loyalty.sentences import Change, compare
from regulars.engine import programmes as engine
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput, NotFound, Unprocessable
from regulars.vocabulary.intake import Gate, own_source

from .common import ChangedMeanwhile, rows, whole

_SQL = load_queries("regulars.store", "programmes.sql")
CONTENT_BYTES_MAX: Final = 64 * 1024
REASON_CHARACTERS_MAX: Final = 500
NUMBER_MAX: Final = 32_767
VERSIONS_MAX: Final = 1_000
DRAFT: Final = 0
"""The version that is still written on."""


class Known(Struct, frozen=True):
    """A programme: `live` is the version that holds now, `next_from` when the next one will, `draft` its digest."""

    number: int
    name: str
    made_at: datetime
    made_by: str
    live: int | None
    next_from: datetime | None
    draft: str | None


class VersionOf(Struct, frozen=True):
    """A version of a programme; a draft has version 0 and no reason, and holds from no time."""

    version: int
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str
    reason: str


class Opened(VersionOf, frozen=True):
    """A version with its text as it was given."""

    content: str

    @property
    def programme(self) -> Programme:
        """Read again."""
        return parse(self.content)


class Comparison(Struct, frozen=True):
    """What publishing the draft would change. `against`: the version that holds, None where none does."""

    against: int | None
    changes: list[Change]
    faults: list[Fault]


class Programmes:
    """The programmes of one workspace. `clock` gives aware UTC times."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._db, self._vault, self._clock = db, vault, clock
        self._workspace = {"workspace_id": vault.workspace_id}

    async def known(self) -> list[Known]:
        """All of them, by number."""
        return [Known(*one) for one in await self._rows(_SQL.programmes, now=self._clock())]

    async def one(self, number: int) -> Known:
        """One of them. Raises NotFound."""
        for found in await self.known():
            if found.number == number:
                return found
        raise NotFound("There is no programme %(number)s.", field="number", number=number)

    async def versions(self, number: int) -> list[VersionOf]:
        """The draft, then what was published, the newest first; VERSIONS_MAX at most. Raises NotFound."""
        found = await self._rows(_SQL.versions, programme=number, limit=VERSIONS_MAX)
        if not found:
            raise NotFound("There is no programme %(number)s.", field="number", number=number)
        return [VersionOf(*one) for one in found]

    async def version(self, number: int, version: int) -> Opened:
        """One version; 0 is the draft. Raises NotFound."""
        await self.one(number)
        found = await self._rows(_SQL.one_version, programme=number, version=version)
        if not found:
            raise NotFound(
                "There is no version %(version)s of this programme.", field="version", version=version
            )
        return Opened(*found[0])

    async def draft_and_live(self, number: int) -> tuple[Opened, Opened | None]:
        """The draft, and the version that holds now, if one does. Raises NotFound."""
        live = (await self.one(number)).live
        return await self.version(number, DRAFT), await self.version(number, live) if live else None

    async def comparison(self, number: int) -> Comparison:
        """What the draft would change, and what in it is most likely not meant. Raises NotFound."""
        draft, live = await self.draft_and_live(number)
        meant = draft.programme
        changes = compare(live.programme, meant) if live is not None else []
        return Comparison(live.version if live is not None else None, changes, lint(meant))

    async def save_draft(
        self, content: str, by: str, number: int | None = None, *, seen: str | None = None
    ) -> int:
        """Keep a draft, of a new programme without a `number`; its number. Nothing changes for members.

        `seen`: the digest of the draft it was made of. Raises ProgrammeError with the place in `field`, NotFound,
        ChangedMeanwhile where the draft is another one by now, and Conflict for one programme too many.
        """
        check_size(content)
        if seen and number is not None and (await self.one(number)).draft != seen:
            raise ChangedMeanwhile("content")
        return await asyncio.to_thread(self._save, content, by, number)

    def _save(self, content: str, by: str, number: int | None) -> int:
        session = Session(self._db)
        try:
            kept = engine.save_draft(
                session, self._vault, content, number=number, actor=by, now=self._clock()
            )
            return kept.number
        finally:
            session.close()

    async def publish(
        self, gate: Gate, number: int, reason: str, by: str, *, effective_from: datetime | None = None
    ) -> VersionOf:
        """Put the draft in force, now or from a time on; the version it became.

        Only a first version may begin in the past. Raises NotFound, InvalidInput naming the field, TryLater.
        """
        reason = reason.strip()
        if not 1 <= len(reason) <= REASON_CHARACTERS_MAX:
            raise InvalidInput("Say why, in 1 to %(n)s characters.", field="reason", n=REASON_CHARACTERS_MAX)
        await self.one(number)
        body = await asyncio.to_thread(self._publication, number, reason, by, effective_from)
        (result,) = await gate.submit(own_source(self._vault.workspace_id), [body], door="programmes")
        if result.error is not None:
            raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
        return max(await self.versions(number), key=lambda one: one.version)

    def _publication(self, number: int, reason: str, by: str, effective_from: datetime | None) -> bytes:
        session = Session(self._db)
        try:
            return engine.publication(
                session,
                self._vault,
                number,
                effective_from=effective_from,
                actor=by,
                reason=reason,
                now=self._clock(),
            )
        finally:
            session.close()

    async def _rows(self, sql: Any, **values: Any) -> list[tuple[Any, ...]]:
        async with self._db.read(self._vault.workspace_id) as conn:
            return await rows(conn, sql, self._workspace | values)


def number_of(text: str) -> int:
    """The number of a programme out of an address. Raises InvalidInput, NotFound."""
    number = whole(text, "number")
    if number > NUMBER_MAX:
        raise NotFound("There is no programme %(number)s.", field="number", number=number)
    return number


def version_of(text: str, live: int | None) -> int:
    """A version out of an address: its number, `draft`, or `live` for the one that holds. Raises NotFound."""
    if text == "draft":
        return DRAFT
    if text == "live":
        if live is None:
            raise NotFound("No version of this programme holds yet.", field="version")
        return live
    return whole(text, "version")


def check_size(content: str) -> None:
    """Raises InvalidInput for a text that is too long to be a programme."""
    if len(content.encode("utf-8", "surrogatepass")) > CONTENT_BYTES_MAX:
        raise InvalidInput("A programme has at most %(n)s KiB.", field="content", n=CONTENT_BYTES_MAX // 1024)


def shipped_text() -> str:
    """The programme that comes with the program, to begin with."""
    folder = resources.files("regulars.capabilities.loyalty") / "programmes"
    return (folder / "default.toml").read_text(encoding="utf-8")
