"""How the till's calls find a member, and what they read of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty import state
from regulars.console.api.deps import Visit
from regulars.console.api.profiles import profile_id_in
from regulars.console.api.shapes import Status, status_of
from regulars.console.services import lookups
from regulars.console.services.consents import settled, words_among, words_question
from regulars.console.services.lookups import Found
from regulars.console.services.members import (
    Standing,
    Wanted,
    standing_questions,
    standings,
    standings_among,
)
from regulars.console.services.vouchers import Voucher, by_record, voucher_question, vouchers_among
from regulars.store.pipeline import Call
from regulars.store.reading import Answer
from regulars.vocabulary.errors import NotFound

from .refusals import refused

CardStatus = Literal["active", "replaced"]
ANY = Wanted()
_CARD = kinds.NAMES[kinds.LOYALTY_CARD]


class Met(Struct, frozen=True):
    """A customer who was found, with what a till needs of them. `card`: of the card they were found by."""

    found: Found
    standing: Standing
    consent: Mapping[str, Status]
    card: CardStatus | None = None
    vouchers: Sequence[Voucher] = ()


async def find_member(visit: Visit, text: str, *, field: str = "member_id") -> Found:
    """The profile of any id it ever had. Raises NotFound (unknown_member)."""
    question = member_question(visit, text, field=field)
    return member_among(visit, (await visit.api.database.ask(visit.workspace_id, question))[0], field=field)


def member_question(visit: Visit, text: str, *, field: str = "member_id") -> Call:
    """Asks for what `find_member` does; `member_among` reads the answer. Raises NotFound for what is no id."""
    try:
        return lookups.record_question(visit.vault, profile_id_in(text))
    except NotFound:
        raise unknown_member(field) from None


def member_among(visit: Visit, found: Sequence[tuple[Any, ...]], *, field: str = "member_id") -> Found:
    """The profile out of the answer to `member_question`. Raises NotFound (unknown_member)."""
    if not found:
        raise unknown_member(field)
    return lookups.people_among(visit.vault, found)[0]


def unknown_member(field: str) -> NotFound:
    """The error for an id that is nobody's."""
    return NotFound(
        "There is no member with this id; they may have been erased.", code="unknown_member", field=field
    )


async def standing_of(visit: Visit, found: Found, wanted: Wanted = ANY) -> Standing:
    """Where one customer stands now."""
    now = visit.deps.clock()
    known = await standings(visit.api.database, visit.workspace_id, [found], wanted, now)
    return known[found.profile_id]


async def meet_member(visit: Visit, text: str, wanted: Wanted = ANY) -> Met:
    """Where the customer of any id they ever had stands now; one round trip. Raises NotFound (unknown_member)."""
    met = await meet(visit, member_question(visit, text), wanted)
    if not met:
        raise unknown_member("member_id")
    return met[0]


async def meet(visit: Visit, question: Call, wanted: Wanted = ANY, *, card: str | None = None) -> list[Met]:
    """Where those whom a question finds stand now; one round trip. `card`: the hash of the card they are asked by.

    Raises Conflict (member_blocked) for a card that was blocked.
    """
    now = visit.deps.clock()

    def ask_on(rows: Answer) -> tuple[list[Found], list[Call]]:
        people = lookups.people_among(visit.vault, rows[0])
        return people, _questions(visit, people, now)

    people, answers = await visit.api.database.ask_on(visit.workspace_id, [question], ask_on)
    if not people:
        return []
    told, vouchers, *books = answers
    known = standings_among(people, books, wanted, now)
    owned = by_record(vouchers_among(visit.vault, vouchers))
    out = []
    for one in people:
        words = [word for said in words_among(one.parts, told).values() for word in said]
        consent = {channel: status_of(word.granted) for channel, word in settled(words).items()}
        standing = known[one.profile_id]
        found_by = card_status(one, standing, card) if card is not None else None
        mine = [voucher for part in one.parts for voucher in owned.get(part.record_id, ())]
        out.append(Met(one, standing, consent, found_by, mine))
    return out


def _questions(visit: Visit, people: Sequence[Found], now: datetime) -> list[Call]:
    """Asks for what a till is told of customers beside their records."""
    if not people:
        return []
    parts = [part for one in people for part in one.parts]
    return [
        words_question(visit.workspace_id, parts),
        voucher_question(visit.workspace_id, [part.record_id for part in parts], now),
        *standing_questions(visit.workspace_id, people),
    ]


def card_status(found: Found, standing: Standing, card: str) -> CardStatus:
    """Whether a card is the one its member has now. Raises Conflict (member_blocked) for a blocked one."""
    holders = [
        part.record_id.hex
        for part in found.parts
        if any(one.kind == _CARD and one.hash == card and one.current for one in part.identities())
    ]
    said = {standing.cards.get(record_id, state.ACTIVE) for record_id in holders}
    if state.BLOCKED in said:
        raise refused("member_blocked", field="card")
    return "active" if said - {state.REPLACED} else "replaced"
