"""What is due once a day in a loyalty programme: birthday gifts, and reminders of points and tiers that end.

Each task goes through the members page by page and writes down how far it came, in the transaction that tells of it; so
it goes on where it stopped, and tells nothing twice. Days that passed while nothing ran are made up for, a month of them
at most. A gift enters as an event of our own, so that the log knows of it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity.state import Fields
from regulars.capabilities.loyalty.earning import birthday_in
from regulars.capabilities.loyalty.expiry import start_of
from regulars.capabilities.loyalty.programme import Programme, Version, in_force
from regulars.capabilities.loyalty.reminding import tier_to_warn_of, to_remind, windows
from regulars.capabilities.loyalty.state import LEFT
from regulars.engine.announce import Said, by_type, call
from regulars.engine.points import read_programmes
from regulars.engine.turn import utc_now
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.queries import load_queries
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.events import BIRTHDAY, Event, Loyalty
from regulars.vocabulary.intake import Gate, own_source
from regulars.vocabulary.webhooks import PointsEnding, PointsExpiring, TierEnding

MEMBERS_PER_PAGE: Final = 500
PAGES_MAX: Final = 50
"""Pages of a task in a row, so that a million members do not hold up everything else."""
CATCH_UP_DAYS_MAX: Final = 31
DOOR: Final = "daily"
MEMBERS, POINTS = "members", "points"
_FIRST: Final = "0" * 32
_SQL = load_queries("regulars.store", "daily.sql")
_WEBHOOKS = load_queries("regulars.store", "webhooks.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_fields = msgspec.json.Decoder(Fields).decode


class _Position(Struct, frozen=True):
    """How far a task has come: all days through `done`; those after it up to `upto` for the members until `after`."""

    done: date
    upto: date | None
    after: str


class _Page(Struct):
    """A page of a task: gifts by birthday, what is told, and where the task stands then."""

    now: datetime
    here: _Position
    then: _Position
    gifts: dict[date, list[str]] = field(default_factory=lambda: defaultdict(list))
    said: list[Said] = field(default_factory=list)


class Daily:
    """Does what is due in a workspace. `clock` gives aware UTC times."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        master: MasterKey,
        *,
        clock: Callable[[], datetime] = utc_now,
        members_per_page: int = MEMBERS_PER_PAGE,
    ) -> None:
        self._gate, self._database, self._master = gate, database, master
        self._clock, self._limit = clock, members_per_page

    async def run(self, workspace_id: int) -> None:
        """Do what is due now, PAGES_MAX pages of each task at most. Raises TryLater; a repeat goes on."""
        work = _Work(self._database, Vault(self._master, workspace_id), self._limit)
        try:
            await self._run(workspace_id, work)
        finally:
            work.close()

    async def _run(self, workspace_id: int, work: _Work) -> None:
        for number, versions in (await asyncio.to_thread(work.programmes)).items():
            for task in (MEMBERS, POINTS):
                pages = 0
                while pages < PAGES_MAX and await self._step(workspace_id, work, number, versions, task):
                    pages += 1

    async def _step(
        self, workspace_id: int, work: _Work, number: int, versions: Sequence[Version], task: str
    ) -> bool:
        """A page of a task; false where nothing is due, or another program does it."""
        now = self._clock()
        version = in_force(versions, now)
        if version is None:
            return False
        page = await asyncio.to_thread(work.page, number, version.programme, task, now)
        if page is None:
            return False
        await self._give(workspace_id, number, version, page)
        return await asyncio.to_thread(work.finish, number, task, page)

    async def _give(self, workspace_id: int, number: int, version: Version, page: _Page) -> None:
        """Birthdays of a page, told as of the beginning of the day. Telling them again gives nothing again."""
        for day, members in sorted(page.gifts.items()):
            event = Event(
                id=f"{BIRTHDAY}-{number}-{day}-{page.here.upto}-{page.here.after}",
                type=BIRTHDAY,
                occurred_at=start_of(day, version.programme.zone),
                loyalty=Loyalty(programme=number, members=members, business_day=day),
            )
            await self._gate.submit(own_source(workspace_id), [msgspec.json.encode(event)], door=DOOR)


class _Work:
    """The part that reads and writes, on a connection of its own; not for use by two threads at once."""

    def __init__(self, database: Database, vault: Vault, limit: int) -> None:
        self._session, self._vault, self._limit = Session(database), vault, limit
        self._workspace: dict[str, Any] = {"workspace_id": vault.workspace_id}

    def close(self) -> None:
        """Give up the connection."""
        self._session.close()

    def programmes(self) -> Mapping[int, Sequence[Version]]:
        """The versions of each programme."""
        (rows,) = self._do([Call(_LOYALTY.load_programmes, self._workspace)])
        return read_programmes(rows)

    def page(self, number: int, programme: Programme, task: str, now: datetime) -> _Page | None:
        """The next page of a task; None where nothing is due."""
        which = self._workspace | {"programme": number, "task": task}
        today = programme.day_of(now)
        begun = Call(_SQL.first_position, which | {"done_day": today - timedelta(days=1)})
        _, (found,), endpoints = self._do(
            [begun, Call(_SQL.position, which), Call(_WEBHOOKS.load_endpoints, self._workspace)]
        )
        here = _Position(*found)
        if here.upto is None and here.done >= today:
            return None
        if here.upto is None:
            here = _Position(max(here.done, today - timedelta(days=CATCH_UP_DAYS_MAX)), today, _FIRST)
        told = by_type(endpoints)
        page = _Page(now, _Position(*found), here)
        if task == MEMBERS:
            after = self._members(which, programme, page, here, told=bool(told.get("loyalty.tier_ending")))
        else:
            after = self._points(which, programme, page, here, told=bool(told.get("loyalty.points_expiring")))
        assert here.upto is not None, "a pass is on"
        done = _Position(here.upto, None, _FIRST)
        page.then = done if after is None else _Position(here.done, here.upto, after)
        return page

    def finish(self, number: int, task: str, page: _Page) -> bool:
        """Tell what is to be told, and write down how far the task is; false where another program has been there."""
        which = self._workspace | {"programme": number, "task": task}
        moved = {
            "done_day": page.then.done,
            "upto": page.then.upto,
            "after": page.then.after,
            "old_done": page.here.done,
            "old_upto": page.here.upto,
            "old_after": page.here.after,
        }
        session = self._session
        try:
            session.begin(self._vault.workspace_id)
            endpoints, first = session.run(
                [Call(_WEBHOOKS.load_endpoints, self._workspace), Call(_SQL.move, which | moved)]
            )
            if not first:
                return False
            messages = call(self._vault, by_type(endpoints), page.said, page.now)
            if messages is not None:
                session.run([messages])
            session.commit()
        finally:
            session.rollback()
        return True

    def _do(self, calls: Sequence[Call]) -> list[list[Row]]:
        try:
            self._session.begin(self._vault.workspace_id)
            found = self._session.run(calls)
            self._session.commit()
        finally:
            self._session.rollback()
        return found

    def _members(
        self, which: dict[str, Any], programme: Programme, page: _Page, here: _Position, *, told: bool
    ) -> str | None:
        """Birthdays and tiers of the next members; returns the last of them, None where there are no more."""
        assert here.upto is not None, "a pass is on"
        gifts = any(one.on == "birthday" and one.birthday == "gift" for one in programme.bonus)
        warns = told and bool(programme.cycle.warn_days) and len(programme.tier) > 1
        if not gifts and not warns:
            return None
        (rows,) = self._do([Call(_SQL.members, which | {"after": here.after, "limit": self._limit})])
        people: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            people[row[0]].append(row)
        for record_id, records in people.items():
            with_account = [row[2] for row in records if row[5] is not None]
            if record_id != min(with_account) or all(row[5] in (None, LEFT) for row in records):
                continue  # a member comes once, with the first of the accounts
            for day in self._birthdays(records, here.done, here.upto) if gifts else ():
                page.gifts[day].append(record_id)
            if warns:
                page.said += _tier_ending(which["programme"], programme, records, here.done, here.upto)
        return max(people) if len(people) == self._limit else None

    def _birthdays(self, records: Iterable[Row], since: date, upto: date) -> list[date]:
        """The birthdays of a person among some days; of several dates of birth the one the engine goes by."""
        born = []
        for _, _, _, wrapped, sealed, *_ in records:
            told = _fields(open_sealed(self._vault.unwrap(wrapped), sealed)).scalar("birth_date")
            if told:
                day = date.fromisoformat(str(told))
                born.append((day.month, day.day))
        if not born:
            return []
        days = {birthday_in(year, min(born)) for year in {since.year, upto.year}}
        return [day for day in days if since < day <= upto]

    def _points(
        self, which: dict[str, Any], programme: Programme, page: _Page, here: _Position, *, told: bool
    ) -> str | None:
        """Points of the next members that end soon; returns the last of them, None where there are no more."""
        assert here.upto is not None, "a pass is on"
        due = windows(programme, here.done, here.upto)
        if not told or not due:
            return None
        asked = {
            "points": [one.point for one in due],
            "starts": [one.starts for one in due],
            "ends": [one.ends for one in due],
            "now": page.now,
            "after": here.after,
            "limit": self._limit,
        }
        (rows,) = self._do([Call(_SQL.ending, which | asked)])
        lots: dict[str, list[tuple[str, datetime, int]]] = defaultdict(list)
        for profile_id, *lot in rows:
            lots[profile_id].append((lot[0], lot[1], lot[2]))
        for profile_id, own in lots.items():
            for point, days in to_remind(programme, own, due, page.now).items():
                ending = [PointsEnding(one.last_day, one.points) for one in days]
                told_of = PointsExpiring(profile_id, which["programme"], point, ending)
                page.said.append((told_of, str(here.upto), None))
        return max(lots) if len(lots) == self._limit else None


def _tier_ending(
    number: int, programme: Programme, records: Sequence[Row], since: date, upto: date
) -> list[Said]:
    credit = [(date.fromisoformat(day), amount) for row in records for day, amount in (row[6] or {}).items()]
    standing = tier_to_warn_of(programme, credit, since, upto)
    if standing is None or standing.until is None:
        return []
    told = TierEnding(
        records[0][1], number, standing.tier, standing.until, standing.projected, standing.keep_missing
    )
    return [(told, str(standing.until), None)]
