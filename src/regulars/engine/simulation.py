"""A draft programme over the sales of some days: read at one moment, counted in parts, each a process of its own.

A part holds the customers whose ids lie between two others; ids are hashes, so that parts are alike.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity.kinds import LOYALTY_CARD
from regulars.capabilities.loyalty.programme import Programme, parse
from regulars.capabilities.loyalty.purchase import StoredLine, purchase_of_row
from regulars.capabilities.loyalty.returning import back_lines
from regulars.capabilities.loyalty.simulation import Bought, Outcome, Past, Simulation
from regulars.capabilities.loyalty.state import Return
from regulars.capabilities.profile.state import REFUND
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.session import Row
from regulars.store.still import Still
from regulars.vocabulary.events import Sale

_SQL = load_queries("regulars.store", "simulation.sql")
PARTS_MAX: Final = 4
DAYS_MAX: Final = 366
_JOINED_BEFORE: Final = timedelta(days=4_000)
"""So long before the days looked at those are taken to have joined who could not."""
_REPORT_EVERY: Final = 500
_ALL: Final = 1 << 128
_lines = msgspec.json.Decoder(list[StoredLine]).decode
Report: TypeAlias = Callable[[float], None]


class Question(Struct, frozen=True):
    """Which draft (and what holds) to count the sales from `since` to before `until` by; texts of programme `number`."""

    number: int
    draft: str
    live: str | None
    since: datetime
    until: datetime


class Part(Struct, frozen=True):
    """Some of the customers of a workspace, from `first` to before `last`, at a moment that somebody keeps open."""

    workspace_id: int
    moment: str
    question: Question
    assumed: bool
    first: str
    last: str | None


class Given(Struct, frozen=True):
    """Points of a type that the books hold for the same days: given, and taken back by returns."""

    point: str
    given: int
    taken_back: int


class Found(Struct, frozen=True):
    """The outcome, beside what was really given. `assumed`: nobody has joined, so all known customers were counted."""

    outcome: Outcome
    given: list[Given] = field(default_factory=list)
    assumed: bool = False


def parts_of(still: Still, workspace_id: int, question: Question) -> list[Part]:
    """A part for each core, PARTS_MAX at most."""
    moment = still.share()
    texts = [text for text in (question.draft, question.live) if text is not None]
    joins = any(parse(text).members.who == "enrolled" for text in texts)
    assumed = joins and not still.rows(_SQL.anybody_joined, programme=question.number)[0][0]
    number = min(os.cpu_count() or 1, PARTS_MAX)
    bounds = [UUID(int=_ALL * place // number).hex for place in range(number)]
    return [
        Part(workspace_id, moment, question, assumed, first, last)
        for first, last in zip(bounds, [*bounds[1:], None], strict=True)
    ]


def really_given(still: Still, question: Question) -> list[Given]:
    """What the books say of the same days."""
    days = {"since": question.since, "until": question.until}
    return [Given(*row) for row in still.rows(_SQL.really_given, programme=question.number, **days)]


def count_part(database: Database, part: Part, report: Report = lambda _: None) -> Outcome:
    """Count one part; `report` is told the share of it that is done."""
    asked = part.question
    draft, live = parse(asked.draft), parse(asked.live) if asked.live is not None else None
    assumed = asked.since - _JOINED_BEFORE if part.assumed else None
    simulation = Simulation(draft, live, asked.until, assumed)
    begins = draft.day_of(asked.since).isoformat()
    low = int(part.first, 16)
    span = (int(part.last, 16) if part.last is not None else _ALL) - low
    with Still(database, part.workspace_id, part.moment) as still:
        bought = _by_customer(still.stream(_SQL.sales, **_days(part)))
        following = next(bought, None)
        for number, row in enumerate(still.stream(_SQL.members, **_asked(part, draft, live)), 1):
            past = _past(row, begins)
            sales: list[Bought] = []
            if following is not None and following[0] == past.profile_id:
                sales, following = following[1], next(bought, None)
            simulation.take(past, sales)
            if number % _REPORT_EVERY == 0:
                report((UUID(past.profile_id).int - low) / span)
    return simulation.outcome


def _days(part: Part) -> dict[str, Any]:
    asked = part.question
    return {"since": asked.since, "until": asked.until, "first": part.first, "last": part.last}


def _asked(part: Part, draft: Programme, live: Programme | None) -> dict[str, Any]:
    """What is asked of the members: only what one of the programmes goes by."""
    both = [draft] if live is None else [draft, live]
    return {
        "since": part.question.since,
        "programme": part.question.number,
        "first": part.first,
        "last": part.last,
        "card": LOYALTY_CARD,
        "cards": any(one.members.who == "card" for one in both),
        "firsts": any(bonus.on == "first_purchase" for one in both for bonus in one.bonus),
    }


def _past(row: Row, begins: str) -> Past:
    """A member as known before the days looked at; credit of these days is counted anew."""
    profile_id, enrolled_at, known, card, credited, bought = row
    tables = json.loads(credited) if credited != "[]" else []
    summed: dict[str, int] = {}
    for day, credit in (entry for table in tables for entry in table.items()):
        if day < begins:
            summed[day] = summed.get(day, 0) + credit
    return Past(profile_id, enrolled_at, card, known, summed, bought)


def _by_customer(rows: Iterator[Row]) -> Iterator[tuple[str, list[Bought]]]:
    for profile_id, own in groupby(rows, itemgetter(0)):
        yield profile_id, _bought(own)


def _bought(rows: Iterator[Row]) -> list[Bought]:
    """The sales of one customer, each with what came back of it; a return of an older sale is left out."""
    found: dict[str, Bought] = {}
    back: list[tuple[str, Return]] = []
    for _, kind, sale_id, original, at, currency, store, channel, total, tax, discount, lines in rows:
        stored = _lines(lines)
        if original is not None:
            back.append((original, Return(sale_id, at, back_lines(stored, total))))
            continue
        receipt = Sale("", currency, total, tax_minor=tax, discount_minor=discount)
        purchase = purchase_of_row(sale_id, at, receipt, stored, store=store, channel=channel)
        found[sale_id] = Bought(purchase, kind == REFUND)
    for original, one in back:
        if original in found:
            found[original].returns.append(one)
    for sale in found.values():
        sale.returns.sort(key=lambda one: (one.occurred_at, one.return_id))
    return list(found.values())
