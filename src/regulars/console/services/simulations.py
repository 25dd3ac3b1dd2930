"""Drafts of loyalty programmes over real sales, counted beside the engine: one at a time for a workspace, the last one kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from regulars.capabilities.loyalty.programme import Programme, parse
from regulars.capabilities.loyalty.simulation import Outcome, Tally
from regulars.engine.beside import ask_beside
from regulars.engine.simulation import DAYS_MAX, Found, Part, Question, Report, parts_of, really_given
from regulars.engine.simulation_aside import Ask, Told
from regulars.observe import get_logger
from regulars.store.database import Database
from regulars.store.still import Still
from regulars.vocabulary.errors import Conflict, InvalidInput, RegularsError, TryLater

from .programmes import Programmes

DAYS: Final = 90
_ASIDE: Final = "regulars.engine.simulation_aside"
_FAILED: Final = "The sales could not be counted. Try again, or run: regulars loyalty simulate"
_log = get_logger("loyalty")


class Run(Struct):
    """A simulation of programme `number` on its way: how far it is, then what was found, or why nothing was.

    `draft` and `live` are what is counted by, `digest` is of the draft, `version` what holds; all as they were when it
    was asked for.
    """

    number: int
    draft: Programme
    live: Programme | None
    digest: str
    version: int | None
    days: int
    asked_at: datetime
    share: float = 0.0
    found: Found | None = None
    fault: str | None = None

    @property
    def running(self) -> bool:
        """Whether it is still being counted."""
        return self.found is None and self.fault is None


class Simulations:
    """All workspaces of a process. `clock` gives aware UTC times."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._runs: dict[int, Run] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def last(self, workspace_id: int, number: int) -> Run | None:
        """The last simulation that was asked for; None where it was of another programme."""
        run = self._runs.get(workspace_id)
        return run if run is not None and run.number == number else None

    async def start(self, workspace_id: int, programmes: Programmes, number: int, days: int = DAYS) -> Run:
        """Begin to count the sales of the last days. Asked again for the same draft while it runs, it goes on.

        Raises NotFound, InvalidInput for the days, and Conflict while another one is counted.
        """
        now = self._clock()
        question, digest, version = await question_of(programmes, number, days, now)
        draft, live = parse(question.draft), parse(question.live) if question.live is not None else None
        run = self._runs.get(workspace_id)
        if run is not None and run.running:
            if (run.number, run.digest, run.days) == (number, digest, days):
                return run
            raise Conflict("Another draft is being counted. Wait for it.")
        run = self._runs[workspace_id] = Run(number, draft, live, digest, version, days, now)
        self._tasks[workspace_id] = asyncio.create_task(
            self._run(workspace_id, question, run), name="simulation"
        )
        return run

    async def close(self) -> None:
        """Stop what runs."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self, workspace_id: int, question: Question, run: Run) -> None:
        def report(share: float) -> None:
            run.share = share

        try:
            run.found = await simulate(self._database, workspace_id, question, report)
        except RegularsError as error:
            _log.warning("simulation failed", code=error.code)
        except (OSError, ValueError) as error:
            _log.warning("simulation failed", kind=type(error).__name__)
        finally:
            if run.running:
                run.fault = _FAILED


async def question_of(
    programmes: Programmes, number: int, days: int, now: datetime
) -> tuple[Question, str, int | None]:
    """What to count, the digest of the draft, and the version that holds. Raises NotFound, InvalidInput."""
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput("Count 1 to %(n)s days.", field="days", n=DAYS_MAX)
    draft, live = await programmes.draft_and_live(number)
    content = live.content if live is not None else None
    question = Question(number, draft.content, content, now - timedelta(days=days), now)
    return question, draft.digest, live.version if live is not None else None


async def simulate(
    database: Database, workspace_id: int, question: Question, report: Report = lambda _: None
) -> Found:
    """Count all parts beside each other, at one moment. Raises TryLater where a part ended without an outcome."""
    async with _opened(Still(database, workspace_id)) as still:
        parts = await asyncio.to_thread(parts_of, still, workspace_id, question)
        given = await asyncio.to_thread(really_given, still, question)
        shares = [0.0] * len(parts)

        async def count(place: int, part: Part) -> Outcome:
            told = Told()

            def heard(line: Told) -> None:
                nonlocal told
                told = line
                shares[place] = line.share
                report(sum(shares) / len(shares))

            code = await ask_beside(_ASIDE, Ask(database.dsn, part), Told, heard)
            if told.outcome is None:
                _log.warning("simulation ended without an outcome", code=code)
                raise TryLater(told.fault or _FAILED)
            return told.outcome

        outcomes = await asyncio.gather(*(count(place, part) for place, part in enumerate(parts)))
    whole = Outcome(live=Tally() if question.live is not None else None)
    for one in outcomes:
        whole.add(one)
    return Found(whole, given, parts[0].assumed)


@asynccontextmanager
async def _opened(still: Still) -> AsyncIterator[Still]:
    """Open it in a thread, and close it whatever happens meanwhile."""
    opening = asyncio.ensure_future(asyncio.to_thread(still.__enter__))
    try:
        yield await asyncio.shield(opening)
    finally:
        await asyncio.wait({opening})
        if opening.exception() is None:
            await asyncio.to_thread(still.__exit__, None, None, None)
