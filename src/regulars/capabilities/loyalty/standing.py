"""What is told of a member after an event: points by type, tier, and what became of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.vocabulary.intake import LoyaltyAnswer, PointsAnswer

from .commands import Done
from .fold import Person, credits_of
from .ledger import Book
from .programme import Version, in_force
from .state import MEMBER
from .tiers import tier_at


def answer(
    book: Book, person: Person, versions: Sequence[Version], done: Done | None
) -> LoyaltyAnswer | None:
    """The answer to one event; None where it has nothing to do with anybody's points."""
    if person.enrolled_at is None and done is None and not book.transactions:
        return None
    member = book.member
    version = in_force(versions, book.now) or versions[-1]
    changes = _changes(book)
    told = LoyaltyAnswer(
        member_id=person.profile_id,
        programme=member.programme,
        points=[
            PointsAnswer(kind.code, balance.balance, balance.held, balance.pending, changes.get(kind.code, 0))
            for kind in version.programme.point
            for balance in (member.balance(kind.code, book.now),)
        ],
    )
    told.waits = book.waits
    if version.programme.tier:
        day = version.programme.day_of(book.now)
        told.tier = tier_at(version.programme, credits_of(member), day).tier
    if done is not None:
        told.refused, told.available = done.refused, done.available
        if done.hold is not None:
            told.hold, told.state, told.expires_at = (
                done.hold.hold_id,
                done.hold.state,
                done.hold.expires_at,
            )
    return told


def _changes(book: Book) -> Mapping[str, int]:
    """What the event's transactions did to the member's points, those not yet active included."""
    found: dict[str, int] = {}
    for transaction in book.transactions:
        for entry in transaction.entries:
            sign = (entry.credit == MEMBER) - (entry.debit == MEMBER)
            found[entry.point] = found.get(entry.point, 0) + sign * entry.amount
    return found
