"""What people do, as a process over time: visits, purchases, second thoughts.

Everybody has a next visit in one heap, beside the follow-ups of past ones (returns, cancellations, edits,
shipments). Taking the earliest and planning its successor is all there is. The order of draws from the one random
generator is fixed, so a seed and the times handed in decide everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from random import Random
from typing import Final

from .accounts import Accounts
from .hours import DAY_MS, HOUR_MS, Calendar
from .people import Person
from .retail import AccountSaved, Happening, Hired, Opened, Published, Sale
from .second_thoughts import SecondThoughts
from .till import Till
from .world import SYSTEMS, Branch, World

SECOND_BRANCH_SHARE: Final = 0.15
MINUTE_MS: Final = 60_000

VISIT, RETURN, VOID, EDIT, SHIP = range(5)


class Behaviour:
    """The process. `start` sets it going (again); `happenings` runs it."""

    def __init__(self, world: World, rng: Random, accounts: Accounts) -> None:
        self._world = world
        self._rng = rng
        self._accounts = accounts
        self._till = Till(world, rng, accounts)
        self._thoughts = SecondThoughts(world, rng, self._till)
        self._heap: list[tuple[int, int, int, Person | Sale, Branch]] = []
        self._plans = 0
        self._opened = False
        self.now_ms = 0

    def start(self, at_ms: int, calendar: Calendar) -> None:
        """Begin at a moment under a calendar: first visits are planned anew, follow-ups still due are kept."""
        self._calendar = calendar
        self.now_ms = at_ms
        due = [entry for entry in self._heap if entry[2] != VISIT]
        self._heap = [
            (at_ms + int(max(0, when - at_ms) / calendar.pace), plan, kind, who, where)
            for when, plan, kind, who, where in due
        ]
        rng = self._rng
        for person in self._world.people:
            wait_days = person.interval_days * rng.random() / calendar.pace
            self._heap.append(self._visit_entry(person, at_ms + int(wait_days * DAY_MS)))
        heapify(self._heap)

    def skip_to(self, number: int, rng: Random) -> None:
        """Go on with other numbers and other chances.

        Follow-ups that were still due are dropped: they may have happened in the run nobody remembers.
        """
        self._heap = []
        self._rng = rng
        self._accounts.skip_to(number)
        self._till = Till(self._world, rng, self._accounts)
        self._till.skip_to(number)
        self._thoughts = SecondThoughts(self._world, rng, self._till)

    def happenings(self, until_ms: int | None) -> Iterator[Happening]:
        """What happens from now on, in the order of time; ends at `until_ms`, never without."""
        if not self._opened:
            self._opened = True
            yield from self._opening()
        heap = self._heap
        while heap and (until_ms is None or heap[0][0] < until_ms):
            self.now_ms, _, kind, who, where = heappop(heap)
            yield from self._step(kind, who, where)
        if until_ms is not None:
            self.now_ms = until_ms

    def _opening(self) -> Iterator[Happening]:
        yield Published(self.now_ms)
        for branch in self._world.branches:
            yield Opened(branch, self.now_ms)
            for staff in branch.staff:
                yield Hired(staff, branch, self.now_ms)

    def _step(self, kind: int, who: Person | Sale, where: Branch) -> Iterator[Happening]:
        now_ms = self.now_ms
        if isinstance(who, Person):
            heappush(self._heap, self._visit_entry(who, self._next_plan(who)))
            yield from self._visit(who, where)
        elif kind == RETURN:
            yield from self._thoughts.bring_back(who, where, now_ms)
        elif kind == VOID:
            yield from self._thoughts.cancel(who, now_ms)
        elif kind == EDIT:
            yield from self._thoughts.add_forgotten(who, now_ms)
        elif kind == SHIP:
            yield from self._thoughts.ship(who, now_ms)

    def _visit_entry(self, person: Person, planned_ms: int) -> tuple[int, int, int, Person | Sale, Branch]:
        branch = self._choose_branch(person)
        at_ms = self._calendar.visit_at(branch, planned_ms, self.now_ms + 1, self._rng)
        self._plans += 1
        return (at_ms, self._plans, VISIT, person, branch)

    def _next_plan(self, person: Person) -> int:
        """A gamma interval: the more regular the person, the narrower."""
        shape, calendar = person.regularity, self._calendar
        draw = self._rng.gammavariate(shape, 1.0 / shape) if shape > 1.0 else self._rng.expovariate(1.0)
        days = person.interval_days * draw / (calendar.pace * calendar.pull(self.now_ms))
        return self.now_ms + int(days * DAY_MS)

    def _choose_branch(self, person: Person) -> Branch:
        rng, branches = self._rng, self._world.branches
        if rng.random() < person.online_share:
            return self._world.web
        if rng.random() < SECOND_BRANCH_SHARE:
            return branches[int(rng.random() * (len(branches) - 1))]
        return branches[person.home]

    def _visit(self, person: Person, branch: Branch) -> Iterator[Happening]:
        yield from self._till.visit(person, branch, self.now_ms)
        sale = self._till.last_sale
        if sale is not None:
            self._think_again(sale)
        yield from self._corrections(person)

    def _corrections(self, person: Person) -> Iterator[Happening]:
        """Someone tells a shop, in time, that they married or moved."""
        if person.former_family is None and person.former_address is None:
            return
        for system in SYSTEMS:
            for account in self._accounts.of(system, person):
                if account.outdated and self._rng.random() < 0.04:
                    self._accounts.correct(account, self.now_ms)
                    yield AccountSaved(account, created=False, enrolled=False, at_ms=self.now_ms)

    def _think_again(self, sale: Sale) -> None:
        """Plan what becomes of a sale: at most one of a cancellation, an edit and a return; and the shipment."""
        rng, draw = self._rng, self._rng.random()
        if sale.state == "open":
            self._later(sale, sale.branch, VOID, (1 + 2 * rng.random()) * MINUTE_MS)
            return
        if sale.branch.online:
            self._later(sale, sale.branch, SHIP, (4 + 30 * rng.random()) * HOUR_MS)
        if draw < 0.015:
            self._later(sale, sale.branch, EDIT, (2 + 20 * rng.random()) * MINUTE_MS)
        elif draw < 0.03 and sale.branch.system == "shopify":
            self._later(sale, sale.branch, VOID, (5 + 40 * rng.random()) * MINUTE_MS)
        elif draw < (0.16 if sale.branch.online else 0.08):
            wait_ms = int((0.5 + rng.gammavariate(1.6, 5.0)) * DAY_MS / self._calendar.pace)
            branch = self._thoughts.where_to(sale)
            at_ms = self._calendar.visit_at(branch, self.now_ms + wait_ms, self.now_ms + 1, rng)
            self._push(at_ms, sale, branch, RETURN)

    def _later(self, sale: Sale, branch: Branch, kind: int, wait_ms: float) -> None:
        self._push(self.now_ms + max(2_000, int(wait_ms / self._calendar.pace)), sale, branch, kind)

    def _push(self, at_ms: int, sale: Sale, branch: Branch, kind: int) -> None:
        self._plans += 1
        heappush(self._heap, (at_ms, self._plans, kind, sale, branch))
