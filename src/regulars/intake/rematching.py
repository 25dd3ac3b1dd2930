"""Has the records of a workspace matched anew after another model was put to work.

All records are looked at in a process beside this one, which finds those that come out otherwise; they are brought
there in pages. Each page is an event like any other, so that it waits its turn. After a stop or a crash all are looked
at again; what was brought there already does not differ any more.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regulars.engine import resolving
from regulars.engine.beside import beside, lines
from regulars.engine.resolving import Found, Look
from regulars.engine.turn import utc_now
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import RegularsError, TryLater
from regulars.vocabulary.events import REKEYED, Event, Matching
from regulars.vocabulary.intake import Gate, own_source

from .routine import Routine

_SQL = load_queries("regulars.capabilities.identity")
DOOR = "matching"
FIRST = "0" * 32
EVERY_SECONDS = 5.0
PAGE_RECORDS = 400
TOLD_AFTER = 50
"""After so many answers without anything to change it is told how far it is."""
KEYS_AT_ONCE = 20_000
_log = get_logger("matching")


class Standing(Struct, frozen=True):
    """The model at work, the last record that has its keys (None when all have), and the promotion that asks for it."""

    model: int
    keyed_to: str | None
    promotion: str


class Rematcher:
    """Watches workspaces and goes on wherever a model was put to work. `clock` gives aware UTC times."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        master: MasterKey,
        workspaces: Sequence[int],
        *,
        every_seconds: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._gate = gate
        self._database = database
        self._master = master
        self._workspaces = list(workspaces)
        self._clock = clock
        self._routine = Routine("matching", self._work, every_seconds)

    async def start(self) -> None:
        """Begin; repeated calls do nothing."""
        await self._routine.start()

    async def close(self) -> None:
        """Stop after the page at hand; repeated calls do nothing."""
        await self._routine.close()

    async def finish(self, workspace_id: int, report: Callable[[str], None] = lambda _: None) -> int:
        """Have everything matched anew that still waits; returns the number of pages. Raises TryLater.

        `report` hears up to which record, in the order of ids, all is done: once for the keys, then for the rest.
        """
        pages = 0
        before = None
        while (waiting := await self.waiting(workspace_id)) is not None:
            if waiting == before:
                raise TryLater(
                    "The records could not be matched anew; the log says why.", retry_after_seconds=60
                )
            before = waiting
            if waiting.keyed_to is None:
                await self._drop_old_keys(workspace_id)
            step = Matching(waiting.model, keyed=waiting.keyed_to is not None, promotion=waiting.promotion)
            async with aclosing(self._pages(workspace_id, waiting)) as found:
                async for page in found:
                    await self._submit(workspace_id, replace(step, after=page.after, groups=page.groups))
                    pages += 1
                    report(page.after)
            await self._submit(workspace_id, replace(step, done=True))
            pages += 1
        return pages

    async def waiting(self, workspace_id: int) -> Standing | None:
        """What is being done; None when nothing is."""
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_SQL.load_rekeying, {"workspace_id": workspace_id})
            row = await cursor.fetchone()
        if row is None or row[2] is None:
            return None
        model, keyed_to, _, promotion = row
        return Standing(model, keyed_to.hex if keyed_to else None, promotion.hex if promotion else "")

    async def _pages(self, workspace_id: int, waiting: Standing) -> AsyncGenerator[Found, None]:
        """The records that come out otherwise, some hundred at a time, and how far everything is every now and then."""
        secret = self._master.for_own_process()
        look = Look(self._database.dsn, secret, workspace_id, waiting.model, waiting.keyed_to)
        page, answers = Found([], FIRST), 0
        async with beside(resolving.__name__, look) as process:
            async for found in lines(process, Found):
                page, answers = Found(page.groups + found.groups, found.after), answers + 1
                while answers >= TOLD_AFTER or sum(map(len, page.groups)) >= PAGE_RECORDS:
                    taken = _first_of(page.groups)
                    yield Found(taken, page.after)
                    page, answers = Found(page.groups[len(taken) :], page.after), 0
            if await process.wait() != 0:
                raise TryLater("The records could not be looked at.", retry_after_seconds=60)
        while page.groups:
            taken = _first_of(page.groups)
            yield Found(taken, page.after)
            page = Found(page.groups[len(taken) :], page.after)

    async def _submit(self, workspace_id: int, matching: Matching) -> None:
        now = self._clock()
        event = Event(
            id=f"{now.isoformat()}-{matching.model}-{matching.after}",
            type=REKEYED,
            occurred_at=now,
            matching=matching,
        )
        await self._gate.submit(own_source(workspace_id), [msgspec.json.encode(event)], door=DOOR)

    async def _drop_old_keys(self, workspace_id: int) -> None:
        """Take the keys away that nobody seeks by any more."""
        dropped = 1
        while dropped:
            async with self._database.write(workspace_id) as connection:
                asked = {"workspace_id": workspace_id, "limit": KEYS_AT_ONCE}
                row = await (await connection.execute(_SQL.drop_old_keys, asked)).fetchone()
                dropped = row[0] if row is not None else 0

    async def _work(self) -> None:
        for workspace_id in self._workspaces:
            try:
                await self.finish(workspace_id)
            except RegularsError as error:
                _log.warning("matching anew waits", code=error.code)


def _first_of(groups: list[list[str]]) -> list[list[str]]:
    """As many of the first groups as a page has; one that is larger comes alone."""
    held = 0
    for number, group in enumerate(groups):
        held += len(group)
        if number and held > PAGE_RECORDS:
            return groups[:number]
    return groups
